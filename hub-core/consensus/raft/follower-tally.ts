/**
 * What a follower that proposed learns by itself: followers acknowledge to it as well as to the leader, so it need not wait for
 * the leader to tell. It counts as the leader does, within one term: the leader stores before it sends.
 */
import type { HubId } from "../../common/types.ts";
import type { Configuration } from "../../wire/log.ts";
import { storedByQuorum } from "./configuration.ts";

export class FollowerTally {
  #term = 0;
  readonly #match = new Map<string, number>();

  /** `replica` of `hubId` has the leader's log of `term` up to `match`. */
  acknowledged(term: number, hubId: HubId, replica: number, match: number): void {
    if (term > this.#term) {
      this.#term = term;
      this.#match.clear();
    }
    if (term < this.#term) return;
    const key = keyOf(hubId, replica);
    this.#match.set(key, Math.max(this.#match.get(key) ?? 0, match));
  }

  matchOf(term: number, hubId: HubId, replica: number): number {
    return term === this.#term ? (this.#match.get(keyOf(hubId, replica)) ?? 0) : 0;
  }

  /** The highest index of `term` that a commit quorum has, as far as this hub was told. */
  committed(term: number, configuration: Configuration): number {
    if (term !== this.#term) return 0;
    return storedByQuorum(configuration, ({ hubId, replica }) => this.#match.get(keyOf(hubId, replica)) ?? 0);
  }
}

function keyOf(hubId: HubId, replica: number): string {
  return `${hubId} ${replica}`;
}
