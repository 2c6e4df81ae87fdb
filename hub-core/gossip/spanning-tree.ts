/**
 * The eager links of Plumtree (Leitão 2007, §3): first a bounded choice of the overlay's links, then, as duplicates prune
 * and missing rumors graft, a spanning tree of them. One tree is shared by all origins.
 */
import type { HubId } from "../common/types.ts";

/** New links start eager up to here; grafts may go past it, and the links of a hub are bounded themselves. */
export const MAX_INITIAL_EAGER = 6;

export class SpanningTree {
  readonly #eager = new Set<HubId>();

  join(peer: HubId): void {
    if (this.#eager.size < MAX_INITIAL_EAGER) this.#eager.add(peer);
  }

  leave(peer: HubId): void {
    this.#eager.delete(peer);
  }

  /** True when this changed something. */
  graft(peer: HubId): boolean {
    if (this.#eager.has(peer)) return false;
    this.#eager.add(peer);
    return true;
  }

  prune(peer: HubId): boolean {
    return this.#eager.delete(peer);
  }

  isEager(peer: HubId): boolean {
    return this.#eager.has(peer);
  }

  get size(): number {
    return this.#eager.size;
  }
}
