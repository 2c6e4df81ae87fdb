/** Whether the whole federation agrees: on who lives, and on every record. The first disagreement, in words, or null. */
import type { SimHub } from "./sim-hub.ts";
import type { World } from "./world.ts";

export function disagreement(world: World): string | null {
  return membersDiffer(world) ?? catalogsDiffer(world);
}

/** Everyone that lives is alive for all members of its groups. */
export function membersDiffer(world: World): string | null {
  for (const hub of world.hubs) {
    const insight = world.inspect(hub);
    if (!insight) return `${hub.id} is down`;
    for (const group of insight.groups.keys()) {
      const views = new Map((insight.groups.get(group) ?? []).map((member) => [member.hubId, member]));
      for (const other of world.hubs) {
        if (other === hub || !world.inspect(other)?.groups.has(group)) continue;
        const seen = views.get(other.id);
        if (!seen) return `${hub.id} does not know ${other.id} in ${group}`;
        if (seen.state !== "alive") return `${hub.id} takes ${other.id} for ${seen.state}`;
        if (seen.incarnation !== world.inspect(other)?.incarnation)
          return `${hub.id} knows ${other.id} as incarnation ${seen.incarnation}`;
      }
    }
  }
  return null;
}

/** Regional and global hubs hold the same log of every origin; local ones the same clusters. */
function catalogsDiffer(world: World): string | null {
  const reference = world.hubs.find((hub) => hub.identity.tier !== "local");
  if (!reference) return null;
  const logs = logSummary(world, reference);
  const clusters = clusterSummary(world, reference);
  for (const hub of world.hubs) {
    const difference =
      (hub.identity.tier === "local" ? null : firstDifference(logs, logSummary(world, hub))) ??
      firstDifference(clusters, clusterSummary(world, hub));
    if (difference) return `${reference.id} and ${hub.id} differ in ${difference}`;
  }
  return null;
}

function logSummary(world: World, hub: SimHub): Map<string, string> {
  const store = world.inspect(hub)?.store;
  return new Map([...(store?.vector() ?? [])].map(([origin, upTo]) => [`the log of ${origin}`, String(upTo)]));
}

function clusterSummary(world: World, hub: SimHub): Map<string, string> {
  const summary = new Map<string, string>();
  for (const { owner, record, vouched } of world.inspect(hub)?.catalog.clusters() ?? [])
    summary.set(
      record.clusterId,
      `${owner} ${record.incarnation} ${record.state} ${vouched ? "vouched" : "unvouched"}`,
    );
  return summary;
}

function firstDifference(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string | null {
  for (const [key, value] of a) if (b.get(key) !== value) return `${key}: ${value} against ${b.get(key) ?? "nothing"}`;
  for (const [key, value] of b) if (!a.has(key)) return `${key}: nothing against ${value}`;
  return null;
}
