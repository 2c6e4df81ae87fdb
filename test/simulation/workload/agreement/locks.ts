/** Contenders for one lock: a lease, the lock key under it, writes fenced by its token; some sleep past their lease and write on. */
import type { Reply } from "../../../../hub-core/common/problem.ts";
import type { ConsensusRequest } from "../../../../hub-core/consensus/index.ts";
import type { OutcomeOf } from "../../../linearizability/operation.ts";
import type { Client } from "./client.ts";

const LOCK = "lock/0";
const GUARDED = "guarded/0";
const THINK_MS = 1_500;

export class Locks {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  start(): void {
    this.#client.later(THINK_MS, () => {
      if (this.#client.idle) this.start();
      else if (!this.#client.resting) this.#contend();
    });
  }

  #contend(): void {
    const ttlMs = 1_500 + this.#client.random.below(6_000);
    this.#ask({ kind: "lease-grant", group: this.#client.groupId, ttlMs, ...this.#maybeKey() }, (granted) => {
      if (!granted?.ok) return this.start();
      const { lease_id: lease } = granted.value as { readonly lease_id: string };
      this.#lock(lease);
    });
  }

  #lock(lease: string): void {
    const op = this.#client.histories.nextOperation();
    const value = { op };
    // Some do not wait until it is free: the key passes from one lease to the other, and its token must not.
    const expect = this.#client.random.below(6) === 0 ? null : { version: 0 };
    const request = { kind: "state-put", group: this.#client.groupId, key: LOCK, value, expect, lease } as const;
    this.#ask({ ...request, ...this.#maybeKey() }, (reply) => {
      if (!reply?.ok) {
        this.#client.world.marks.reach(`workload:lock-${reply ? reply.problem.code : "unknown"}`);
        return this.#end(lease);
      }
      this.#client.world.marks.reach("workload:locked");
      const { fencing_token: token } = reply.value as { readonly fencing_token: number };
      this.#hold(lease, token, 1 + this.#client.random.below(4));
    });
  }

  /** Whoever sleeps here may wake when it holds nothing any more, and must be told so. */
  #hold(lease: string, token: number, writes: number): void {
    const { random } = this.#client;
    this.#client.later(random.below(4) === 0 ? 8_000 : 600, () => {
      if (writes === 0 || this.#client.resting) return this.#end(lease);
      if (random.below(3) === 0) {
        this.#ask({ kind: "lease-renew", group: this.#client.groupId, lease }, () =>
          this.#hold(lease, token, writes - 1),
        );
        return;
      }
      this.#writeFenced(token, () => this.#hold(lease, token, writes - 1));
    });
  }

  #writeFenced(token: number, done: () => void): void {
    const client = this.#client;
    const { histories, groupId } = client;
    const op = histories.nextOperation();
    const action = { kind: "write", key: GUARDED, value: op } as const;
    const request = {
      kind: "state-put",
      group: groupId,
      key: GUARDED,
      value: { op },
      fence: { key: LOCK, token },
    } as const;
    const hub = client.hub();
    if (!hub) return done();
    const started = histories.start(groupId, client.name, action);
    client.insist(hub, { ...request, ...this.#maybeKey() }, (reply, mayHaveBefore) => {
      const outcome = histories.wrote(groupId, op, action, reply, mayHaveBefore);
      if (outcome.kind !== "unknown") started.finish(outcome as OutcomeOf<"write">);
      done();
    });
  }

  #end(lease: string): void {
    // Some just go, and their lease runs out.
    if (this.#client.random.below(3) === 0 && !this.#client.resting) return this.start();
    this.#ask({ kind: "lease-revoke", group: this.#client.groupId, lease }, () => this.start());
  }

  #maybeKey(): { readonly idempotencyKey?: string } {
    return this.#client.random.below(2) === 0 ? { idempotencyKey: this.#client.idempotencyKey() } : {};
  }

  #ask(request: ConsensusRequest, answered: (reply: Reply | null) => void): void {
    const hub = this.#client.hub();
    if (hub) this.#client.insist(hub, request, answered);
    else this.start();
  }
}
