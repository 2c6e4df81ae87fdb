/** Proposals that are decided, the one decided first first: kept for who asks, within a bound. */
import { MAX_DECIDED, MAX_DECIDED_BYTES } from "../limits.ts";
import { type Proposal, sizeOf } from "./proposal.ts";

export class DecidedProposals {
  readonly #proposals = new Map<string, Proposal>();
  #bytes = 0;

  constructor(proposals: Iterable<Proposal> = []) {
    for (const proposal of proposals) this.add(proposal);
  }

  get size(): number {
    return this.#proposals.size;
  }

  get(proposalId: string): Proposal | undefined {
    return this.#proposals.get(proposalId);
  }

  add(proposal: Proposal): void {
    this.#proposals.set(proposal.proposalId, proposal);
    this.#bytes += sizeOf(proposal);
    for (const [proposalId, oldest] of this.#proposals) {
      if (this.#proposals.size <= MAX_DECIDED && this.#bytes <= MAX_DECIDED_BYTES) return;
      this.#proposals.delete(proposalId);
      this.#bytes -= sizeOf(oldest);
    }
  }

  [Symbol.iterator](): IterableIterator<Proposal> {
    return this.#proposals.values();
  }
}
