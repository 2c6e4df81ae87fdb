/** Leases and fencing tokens by a second reading of the log: a token only grows, and a lease has its whole time. */
import type { Reply } from "../../../hub-core/common/problem.ts";
import type { DurationMs, GroupId, Millis } from "../../../hub-core/common/types.ts";
import type { GroupState } from "../../../hub-core/consensus/index.ts";
import type { Operation } from "../../../hub-core/wire/log.ts";
import { Violation } from "../failure.ts";

interface Holding {
  readonly token: number;
  readonly lease: string | null;
}

interface Running {
  readonly ttlMs: DurationMs;
  readonly until: Millis;
}

type Put = Extract<Operation, { kind: "put" }>;

export class LockBook {
  readonly #group: GroupId;
  readonly #state: GroupState;
  readonly #held = new Map<string, Holding>();
  readonly #leases = new Map<string, Running>();

  constructor(group: GroupId, state: GroupState) {
    this.#group = group;
    this.#state = state;
  }

  /** Log time has come to `at`; `refilled`: a new leader has begun, whose clock may be ahead, so all leases begin again. */
  passed(at: Millis, refilled: boolean): void {
    for (const [lease, running] of this.#leases) {
      const until = refilled ? at + running.ttlMs : running.until;
      this.#leases.set(lease, { ...running, until });
      const stands = this.#state.keyValues.lease(lease).ok;
      if (stands !== until > at)
        throw new Violation(
          "lease-time",
          `lease ${lease} of ${this.#group} ${stands ? "stands" : "is gone"} at ${at}, it had until ${until}`,
        );
      if (!stands) this.#leases.delete(lease);
    }
  }

  ran(operation: Operation, reply: Reply, at: Millis): void {
    if (!reply.ok) return;
    if (operation.kind === "lease-grant")
      this.#leases.set(operation.lease, { ttlMs: operation.ttlMs, until: at + operation.ttlMs });
    if (operation.kind === "lease-revoke") this.#leases.delete(operation.lease);
    if (operation.kind === "lease-renew") {
      const running = this.#leases.get(operation.lease);
      if (running) this.#leases.set(operation.lease, { ...running, until: at + running.ttlMs });
    }
    if (operation.kind === "put") this.#put(operation, reply);
  }

  #put({ key, lease, fence }: Put, reply: Extract<Reply, { ok: true }>): void {
    const { fencing_token: token } = reply.value as { readonly fencing_token: number };
    if (fence !== null && this.#held.get(fence.key)?.token !== fence.token)
      throw new Violation(
        "fenced-off",
        `${key} was written under token ${fence.token} of ${fence.key}, which is not the latest`,
      );
    const before = this.#held.get(key);
    const passedOn = before === undefined || reply.status === 201 || before.lease !== lease;
    const right = before === undefined || (passedOn ? token > before.token : token === before.token);
    if (!right)
      throw new Violation("fencing-token", `${key} has token ${token} after ${before?.token} in ${this.#group}`);
    this.#held.set(key, { token, lease });
  }
}
