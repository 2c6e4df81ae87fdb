/** One hub as this one sees it. */
import type { HubIdentity, Millis } from "../common/types.ts";
import { isGone, type Leadership, type MemberState } from "../wire/catalog.ts";
import type { Coordinate } from "../wire/membership-messages.ts";
import type { Suspicion } from "./suspicion.ts";

export interface Member {
  readonly identity: HubIdentity;
  /** Only the hub itself raises it. */
  readonly incarnation: number;
  /** Drawn at every start of that hub. */
  readonly instance: number;
  readonly state: MemberState;
  /** Of the state. */
  readonly since: Millis;
  /** Any frame from it, or word of a helper that heard it. */
  readonly lastHeardAt: Millis;
  /** Null until it was told. */
  readonly coordinate: Coordinate | null;
  /** Of a hub that is here in its parent's place; null for those who belong here. */
  readonly standsIn: Leadership | null;
  /** Set exactly while the state is `suspect`. */
  readonly suspicion: Suspicion | null;
}

/** How sure a state is against another of the same incarnation. `left` is last: a hub is believed when it says goodbye. */
const RANK: Record<MemberState, number> = { joining: 0, alive: 1, suspect: 2, failed: 3, left: 4 };

export interface Claim {
  readonly incarnation: number;
  readonly state: MemberState;
}

/** The total order that makes merging independent of the order of arrival (SWIM §4.2). */
export function supersedes(claim: Claim, known: Claim): boolean {
  if (claim.incarnation !== known.incarnation) return claim.incarnation > known.incarnation;
  return RANK[claim.state] > RANK[known.state];
}

/** Still counted on: part of the overlay, of quorums and of capacity. */
export function isLive(state: MemberState): boolean {
  return !isGone(state);
}
