/** Whether the whole federation agrees: on who lives, and on every record. */
import { type DurationMs, downGroupOf, type HubId, type Millis, upGroupOf } from "../../hub-core/common/types.ts";
import type { SimHub } from "./sim-hub.ts";
import type { World } from "./world.ts";

/** Records keep being written; what was written this long ago must have arrived. */
const LAG_MS: DurationMs = 3_000;

interface Written {
  readonly at: Millis;
  /** What each origin had in its own log. */
  readonly logs: ReadonlyMap<HubId, number>;
}

export class Agreement {
  readonly #world: World;
  readonly #written: Written[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The first disagreement, in words, or null. Call it every so often: it remembers what was written when. */
  open(): string | null {
    const due = this.#due();
    return (
      membersDiffer(this.#world) ??
      (due ? logsLag(this.#world, due) : "nothing was written yet") ??
      clustersDiffer(this.#world) ??
      officesDiffer(this.#world)
    );
  }

  #due(): Written | undefined {
    const { now } = this.#world.clock;
    const logs = new Map(
      this.#world.hubs.map((hub) => [hub.id, this.#world.inspect(hub)?.store.vector().get(hub.id) ?? 0]),
    );
    this.#written.push({ at: now, logs });
    while ((this.#written[1]?.at ?? now) <= now - LAG_MS) this.#written.shift();
    const oldest = this.#written[0];
    return oldest && oldest.at <= now - LAG_MS ? oldest : undefined;
  }
}

/** Every group is led by its own parent again, and nobody is in a group that is not its own. */
function officesDiffer(world: World): string | null {
  for (const hub of world.hubs) {
    const own = [upGroupOf(hub.identity), downGroupOf(hub.identity)];
    for (const group of world.inspect(hub)?.groups.keys() ?? []) {
      if (!own.includes(group)) return `${hub.id} still stands in for its parent in ${group}`;
    }
    for (const { identity } of world.hubs) {
      const told = world.inspect(hub)?.catalog.coordinatorOf(identity.hubId)?.hubId;
      if (told !== identity.hubId)
        return `for ${hub.id} it is ${told ?? "nobody"} who acts in place of ${identity.hubId}`;
    }
  }
  return null;
}

/** Everyone that lives is alive for all members of its groups. */
export function membersDiffer(world: World): string | null {
  const insights = new Map(world.hubs.map((hub) => [hub.id, world.inspect(hub)]));
  for (const hub of world.hubs) {
    const insight = insights.get(hub.id);
    if (!insight) return `${hub.id} is down`;
    for (const [group, { others }] of insight.groups) {
      const views = new Map(others.map((member) => [member.hubId, member]));
      for (const [other, otherInsight] of insights) {
        const there = otherInsight?.groups.get(group);
        if (other === hub.id || !there) continue;
        const seen = views.get(other);
        if (!seen) return `${hub.id} does not know ${other} in ${group}`;
        if (seen.state !== "alive") return `${hub.id} takes ${other} for ${seen.state}`;
        if (seen.incarnation !== there.incarnation)
          return `${hub.id} knows ${other} as incarnation ${seen.incarnation}, it is at ${there.incarnation}`;
      }
    }
  }
  return null;
}

/** Everyone has every log as far as its origin had written it then. */
function logsLag(world: World, due: Written): string | null {
  for (const hub of world.hubs) {
    const vector = world.inspect(hub)?.store.vector();
    for (const [origin, upTo] of due.logs) {
      const here = vector?.get(origin) ?? 0;
      if (here < upTo) return `${hub.id} has ${origin} up to ${here}, written up to ${upTo}`;
    }
  }
  return null;
}

/** Everyone sees the same clusters with the same owners, in the same state. */
function clustersDiffer(world: World): string | null {
  const [reference, ...others] = world.hubs;
  if (!reference) return null;
  const clusters = clusterSummary(world, reference);
  for (const hub of others) {
    const difference = firstDifference(clusters, clusterSummary(world, hub));
    if (difference) return `${reference.id} and ${hub.id} differ in ${difference}`;
  }
  return null;
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
