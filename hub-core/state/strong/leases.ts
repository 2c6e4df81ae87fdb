/** Leases in log time, and the keys that go with them. */
import type { DurationMs, Millis } from "../../common/types.ts";

export interface Lease {
  readonly lease: string;
  readonly ttlMs: DurationMs;
  readonly grantedAt: Millis;
  expiresAt: Millis;
  readonly keys: Set<string>;
}

export class Leases {
  readonly #leases = new Map<string, Lease>();
  /** Null: to be found again. */
  #next: Millis | null = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#leases.size;
  }

  get(lease: string): Lease | undefined {
    return this.#leases.get(lease);
  }

  add(lease: Lease): void {
    this.#leases.set(lease.lease, lease);
    this.#next = Math.min(this.nextExpiry(), lease.expiresAt);
  }

  extend(lease: Lease, at: Millis): void {
    if (lease.expiresAt === this.#next) this.#next = null;
    lease.expiresAt = at + lease.ttlMs;
  }

  /** Extends every one. */
  refill(at: Millis): void {
    for (const lease of this.#leases.values()) this.extend(lease, at);
  }

  remove({ lease, expiresAt }: Lease): void {
    if (expiresAt === this.#next) this.#next = null;
    this.#leases.delete(lease);
  }

  /** Past their time, the longest past first. */
  due(at: Millis): readonly Lease[] {
    if (this.nextExpiry() > at) return [];
    return this.sorted()
      .filter(({ expiresAt }) => expiresAt <= at)
      .sort((a, b) => a.expiresAt - b.expiresAt);
  }

  nextExpiry(): Millis {
    if (this.#next !== null) return this.#next;
    let next = Number.POSITIVE_INFINITY;
    for (const { expiresAt } of this.#leases.values()) next = Math.min(next, expiresAt);
    this.#next = next;
    return next;
  }

  /** By id. */
  sorted(): Lease[] {
    return [...this.#leases.values()].sort((a, b) => (a.lease < b.lease ? -1 : 1));
  }
}
