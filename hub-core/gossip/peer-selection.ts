/** Which peers a repair round speaks to. Every strategy keeps some chance for every peer, so none can partition the group. */
import type { Random } from "../common/random.ts";
import { type HubId, type RegionId, unreachable } from "../common/types.ts";
import type { GossipStrategy } from "../config/hub-config.ts";

export interface Candidate {
  readonly hubId: HubId;
  readonly region: RegionId;
  readonly rttMs: number | null;
}

/** Share of the picks that `proximity` leaves to chance. */
const RANDOM_FLOOR = 0.25;

/** Up to `fanout` distinct candidates. */
export function selectPeers<T extends Candidate>(
  strategy: GossipStrategy,
  candidates: readonly T[],
  fanout: number,
  self: { readonly region: RegionId },
  random: Random,
): T[] {
  if (candidates.length <= fanout) return [...candidates];
  switch (strategy) {
    case "random":
      return random.sample(candidates, fanout);
    case "proximity":
      return nearest(candidates, fanout, random);
    case "topology_aware":
      return regionsFirst(random.shuffle([...candidates]), fanout);
    case "hybrid":
      return hybrid(candidates, fanout, self.region, random);
    default:
      return unreachable(strategy);
  }
}

/** Lowest round trip first, each pick with a chance of being any other. */
function nearest<T extends Candidate>(candidates: readonly T[], fanout: number, random: Random): T[] {
  const ordered = candidates.toSorted((a, b) => roundTrip(a) - roundTrip(b) || (a.hubId < b.hubId ? -1 : 1));
  const picked: T[] = [];
  while (picked.length < fanout && ordered.length > 0) {
    const at = random.float() < RANDOM_FLOOR ? random.below(ordered.length) : 0;
    picked.push(...ordered.splice(at, 1));
  }
  return picked;
}

/** One of each region, then the rest, in the order given. */
function regionsFirst<T extends Candidate>(ordered: readonly T[], fanout: number): T[] {
  const seen = new Set<RegionId>();
  const firsts: T[] = [];
  const others: T[] = [];
  for (const candidate of ordered) {
    if (seen.has(candidate.region)) others.push(candidate);
    else firsts.push(candidate);
    seen.add(candidate.region);
  }
  return [...firsts, ...others].slice(0, fanout);
}

/** A third by region, a third by proximity, the rest by chance. */
function hybrid<T extends Candidate>(candidates: readonly T[], fanout: number, own: RegionId, random: Random): T[] {
  const foreign = candidates.filter(({ region }) => region !== own);
  const picked = regionsFirst(random.shuffle([...foreign]), Math.ceil(fanout / 3));
  const rest = candidates.filter((candidate) => !picked.includes(candidate));
  picked.push(...nearest(rest, Math.min(Math.ceil(fanout / 3), fanout - picked.length), random));
  const left = rest.filter((candidate) => !picked.includes(candidate));
  return [...picked, ...random.sample(left, fanout - picked.length)];
}

function roundTrip({ rttMs }: Candidate): number {
  return rttMs ?? Number.MAX_VALUE;
}
