/** What strong keys are, in the plainest way: to compare with, on whatever is done to both. */
import fc from "fast-check";
import type { KeyValueOperation } from "../../wire/key-values.ts";
import { MAX_LEASE_MS, MIN_LEASE_MS } from "./limits.ts";

interface Held {
  value: string;
  version: number;
  created: number;
  token: number;
  lease: string | null;
}

export class Model {
  revision = 0;
  readonly keys = new Map<string, Held>();
  readonly leases = new Map<string, { ttl: number; until: number }>();

  /** Status of the answer. */
  apply(operation: KeyValueOperation, at: number): number {
    switch (operation.kind) {
      case "put":
      case "delete": {
        const { key, expect, fence } = operation;
        const now = this.keys.get(key);
        if (fence && this.keys.get(fence.key)?.token !== fence.token) return 412;
        if (expect && expect.version !== (now?.version ?? 0)) return 412;
        if (operation.kind === "delete") return now ? this.#change(() => this.keys.delete(key)) : 404;
        const { lease, value } = operation;
        if (lease !== null && !this.leases.has(lease)) return 404;
        const next = this.revision + 1;
        const token = now && now.lease === lease ? now.token : next;
        this.#change(() => this.keys.set(key, { value, version: next, created: now?.created ?? next, token, lease }));
        return now ? 200 : 201;
      }
      case "lease-grant":
        if (operation.ttlMs < MIN_LEASE_MS || operation.ttlMs > MAX_LEASE_MS) return 400;
        if (this.leases.has(operation.lease)) return 409;
        this.leases.set(operation.lease, { ttl: operation.ttlMs, until: at + operation.ttlMs });
        return 201;
      case "lease-renew": {
        const lease = this.leases.get(operation.lease);
        if (lease) lease.until = at + lease.ttl;
        return lease ? 200 : 404;
      }
      case "lease-revoke":
        return this.leases.has(operation.lease) ? this.#end(operation.lease) : 404;
    }
  }

  lapse(at: number): void {
    const late = [...this.leases].filter(([, { until }]) => until <= at);
    for (const [lease] of late.sort(([x, a], [y, b]) => a.until - b.until || (x < y ? -1 : 1))) this.#end(lease);
  }

  refill(at: number): void {
    for (const lease of this.leases.values()) lease.until = at + lease.ttl;
  }

  /** As `list` tells it. */
  listed() {
    return [...this.keys]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { value, version, created, token, lease }]) => ({
        key,
        version,
        create_revision: created,
        fencing_token: token,
        lease,
        value: JSON.parse(value),
      }));
  }

  #end(lease: string): number {
    this.leases.delete(lease);
    const keys = [...this.keys].filter(([, held]) => held.lease === lease);
    if (keys.length > 0) this.#change(() => keys.map(([key]) => this.keys.delete(key)));
    return 200;
  }

  #change(how: () => unknown): number {
    this.revision += 1;
    how();
    return 200;
  }
}

const key = fc.constantFrom("a", "a/1", "a/2", "b", "é", "mpreg/x");
const lease = fc.constantFrom("l1", "l2", "l3");
/** Often right: revisions are small in a short log. */
const version = fc.nat(12);
const expect = fc.oneof(fc.constant(null), fc.record({ version }));
const fence = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.record({ key, token: version }) },
);

export const keyValueOperation: fc.Arbitrary<KeyValueOperation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key,
      value: fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
      expect,
      fence,
      lease: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: lease }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), key, expect, fence }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("lease-grant" as const), lease, ttlMs: fc.constantFrom(1, 1_000, 3_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lease-renew" as const), lease }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lease-revoke" as const), lease }) },
);

export type Step = { readonly after: number } & (
  | { readonly do: "operation"; readonly operation: KeyValueOperation }
  | { readonly do: "lapse" }
  | { readonly do: "refill" }
);

const after = fc.constantFrom(0, 10, 900, 2_500);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ after, do: fc.constant("operation" as const), operation: keyValueOperation }) },
  { weight: 1, arbitrary: fc.record({ after, do: fc.constant("lapse" as const) }) },
  { weight: 1, arbitrary: fc.record({ after, do: fc.constant("refill" as const) }) },
);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { maxLength: 60 });
