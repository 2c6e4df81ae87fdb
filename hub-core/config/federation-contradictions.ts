/** What a federation's parts must be to each other: the tree of hubs, the regions they name, the limits they keep. */
import { nearestOf } from "./edit-distance.ts";
import type { FederationFileInput } from "./federation-file.ts";
import { MAX_HUBS } from "./hub-config.ts";
import type { Contradiction } from "./read-file.ts";
import { sectionContradictions } from "./section-contradictions.ts";
import type { Settings } from "./settings.ts";
import { isUnknown } from "./stand-ins.ts";

export function federationContradictions(input: FederationFileInput, settings: Settings): Contradiction[] {
  return [
    ...profiles(input),
    ...duplicates("regions", input.regions),
    ...duplicates("hubs", input.hubs),
    ...duplicates("clusters", input.clusters ?? []),
    ...offeredOnce(input),
    ...knownRegions(input),
    ...tooMany(input),
    ...tiers(input),
    ...parents(input),
    ...children(input, settings),
    ...clusterRoom(input, settings),
    ...latencies(input),
    ...sectionContradictions(
      input,
      settings,
      [...input.regions, ...input.hubs].map(({ url }) => url),
    ),
  ];
}

function profiles({ profile, federation }: FederationFileInput): Contradiction[] {
  if (profile === undefined || federation.profile === undefined || profile === federation.profile) return [];
  return [
    {
      path: ["federation", "profile"],
      expected: profile,
      message: `federation.profile is ${federation.profile} and profile is ${profile}: say it once`,
    },
  ];
}

function duplicates(list: "regions" | "hubs" | "clusters", entries: readonly { id: string }[]): Contradiction[] {
  const first = new Map<string, number>();
  return entries.flatMap(({ id }, index) => {
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, index);
      return [];
    }
    const message = `${list}[${index}].id ${JSON.stringify(id)} is taken by ${list}[${earlier}]`;
    return [{ path: [list, index, "id"], expected: "an id that is not used yet", message }];
  });
}

function offeredOnce({ clusters = [] }: FederationFileInput): Contradiction[] {
  return clusters.flatMap(({ id, services }, index) => {
    const names = services.map((service) => service.name);
    const repeated = names.findIndex((name, i) => names.indexOf(name) < i);
    if (repeated < 0) return [];
    const path = ["clusters", index, "services", repeated, "name"];
    return [{ path, expected: "each service once", message: `cluster ${id} offers ${names[repeated]} twice` }];
  });
}

function knownRegions(input: FederationFileInput): Contradiction[] {
  const known = input.regions.map((region) => region.id);
  // Any of them may be the one that cannot be read.
  if (known.some(isUnknown)) return [];
  const check = (list: "hubs" | "clusters", entries: readonly { id: string; region: string }[]): Contradiction[] =>
    entries.flatMap(({ id, region }, index) =>
      known.includes(region)
        ? []
        : [
            {
              path: [list, index, "region"],
              expected: `one of ${known.join(", ")}`,
              nearest: nearestOf(region, known),
              message: `${list.slice(0, -1)} ${id} is in region ${JSON.stringify(region)}, which is not in regions`,
            },
          ],
    );
  return [...check("hubs", input.hubs), ...check("clusters", input.clusters ?? [])];
}

function tooMany({ hubs }: FederationFileInput): Contradiction[] {
  const first = hubs[MAX_HUBS];
  if (!first) return [];
  const message = `${first.id} is hub ${MAX_HUBS + 1} of ${hubs.length}: a hub keeps the records of ${MAX_HUBS} at most`;
  return [{ path: ["hubs", MAX_HUBS, "id"], expected: `at most ${MAX_HUBS} hubs`, message }];
}

function tiers({ hubs, regions }: FederationFileInput): Contradiction[] {
  const found: Contradiction[] = [];
  let global: string | null = null;
  const regional = new Map<string, string>();
  hubs.forEach((hub, index) => {
    const path = ["hubs", index, "hub_tier"];
    if (hub.hub_tier === "global") {
      if (global === null) global = hub.id;
      else
        found.push({ path, expected: "one global hub", message: `${hub.id} is a second global hub beside ${global}` });
    } else if (hub.hub_tier === "regional") {
      const other = regional.get(hub.region);
      if (other === undefined) regional.set(hub.region, hub.id);
      else {
        const message = `${hub.id} is a second regional hub of ${hub.region} beside ${other}`;
        found.push({ path, expected: "one regional hub in each region", message });
      }
    }
  });
  if (global === null)
    found.push({ path: ["hubs"], expected: "one global hub", message: "no hub has hub_tier global" });
  const allPlaced = !hubs.some((hub) => isUnknown(hub.region));
  regions.forEach(({ id }, index) => {
    if (allPlaced && !regional.has(id)) {
      const message = `region ${id} has no regional hub`;
      found.push({ path: ["regions", index, "id"], expected: "one regional hub in each region", message });
    }
  });
  return found;
}

function parents({ hubs }: FederationFileInput): Contradiction[] {
  const byId = new Map(hubs.map((hub) => [hub.id, hub]));
  const allNamed = !hubs.some((hub) => isUnknown(hub.id));
  return hubs.flatMap((hub, index): Contradiction[] => {
    const path = ["hubs", index, "parent_hub"];
    const { parent_hub: named } = hub;
    if (hub.hub_tier === "global") {
      return named === undefined
        ? []
        : [
            {
              path,
              expected: "no parent_hub",
              message: `global hub ${hub.id} has no parent: remove parent_hub ${named}`,
            },
          ];
    }
    const above = hub.hub_tier === "regional" ? "global" : "regional";
    const expected = `the id of its ${above} hub`;
    if (named === undefined) return [{ path, expected, message: `${hub.hub_tier} hub ${hub.id} has no parent_hub` }];
    const parent = byId.get(named);
    if (parent === undefined) {
      if (!allNamed) return [];
      const candidates = hubs.filter((other) => other.hub_tier === above).map((other) => other.id);
      const nearest = nearestOf(named, candidates);
      return [
        { path, expected, nearest, message: `parent_hub ${JSON.stringify(named)} of ${hub.id} is no hub in this file` },
      ];
    }
    if (parent.hub_tier !== above) {
      const message = `parent_hub ${named} of ${hub.id} is a ${parent.hub_tier} hub: a ${hub.hub_tier} hub's parent is ${above}`;
      return [{ path, expected, message }];
    }
    if (hub.hub_tier === "local" && parent.region !== hub.region) {
      const message = `local hub ${hub.id} is in ${hub.region}, but its parent_hub ${named} is in ${parent.region}`;
      return [{ path, expected: `the regional hub of ${hub.region}`, message }];
    }
    return [];
  });
}

function children({ hubs }: FederationFileInput, { limits }: Settings): Contradiction[] {
  const counts = new Map<string, number>();
  return hubs.flatMap((hub, index) => {
    if (hub.parent_hub === undefined || hub.hub_tier === "global") return [];
    const count = (counts.get(hub.parent_hub) ?? 0) + 1;
    counts.set(hub.parent_hub, count);
    const [name, most] =
      hub.hub_tier === "regional"
        ? (["max_regional_hubs", limits.maxRegionalHubs] as const)
        : (["max_child_hubs", limits.maxChildHubs] as const);
    if (count !== most + 1) return [];
    const message = `${hub.id} is child ${count} of ${hub.parent_hub}: limits.${name} is ${most}`;
    return [{ path: ["hubs", index, "parent_hub"], expected: `at most ${most} children`, message }];
  });
}

function clusterRoom({ hubs, clusters = [] }: FederationFileInput, { limits }: Settings): Contradiction[] {
  const room = hubs.length * limits.maxClusters;
  if (clusters.length <= room) return [];
  const message = `${clusters.length} clusters do not fit on ${hubs.length} hubs: limits.max_clusters is ${limits.maxClusters}`;
  return [{ path: ["clusters"], expected: `at most ${room} clusters`, message }];
}

function latencies({ regions, latency = [] }: FederationFileInput): Contradiction[] {
  const known = regions.map((region) => region.id);
  const seen = new Map<string, number>();
  return latency.flatMap(({ between: [a, b] }, index): Contradiction[] => {
    const unknown = [a, b].findIndex((id) => !known.includes(id));
    if (unknown >= 0 && known.some(isUnknown)) return [];
    if (unknown >= 0) {
      const id = unknown === 0 ? a : b;
      const message = `latency[${index}] names region ${JSON.stringify(id)}, which is not in regions`;
      const path = ["latency", index, "between", unknown];
      return [{ path, expected: `one of ${known.join(", ")}`, nearest: nearestOf(id, known), message }];
    }
    if (a === b) {
      const message = `latency[${index}] is between ${a} and itself`;
      return [{ path: ["latency", index, "between"], expected: "two different regions", message }];
    }
    const pair = [a, b].sort().join(" ");
    const earlier = seen.get(pair);
    seen.set(pair, earlier ?? index);
    if (earlier === undefined) return [];
    const message = `latency[${index}] repeats the pair of latency[${earlier}]: a pair has one rtt_ms, both ways`;
    return [{ path: ["latency", index, "between"], expected: "each pair once", message }];
  });
}
