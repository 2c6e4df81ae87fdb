/**
 * Who judges a suspect: those who would be its neighbours in the overlay if only unsuspected members were left. Every
 * member can work it out, and in a partition the jury is always found on one's own side.
 */
import type { HubId } from "../common/types.ts";
import { isLive } from "./member.ts";
import type { Roster } from "./roster.ts";

/** Independent accusers that settle a suspicion when the jury is large enough. */
export const MOST_NEEDED = 3;

export function juryOf(suspect: HubId, roster: Roster): readonly HubId[] {
  return roster.overlay.nearest(suspect, (other) => {
    const state = roster.get(other)?.state;
    return state !== undefined && isLive(state) && state !== "suspect";
  });
}

export function accusersNeeded(jury: readonly HubId[]): number {
  return Math.max(1, Math.min(MOST_NEEDED, jury.length));
}
