/** What a write meets first: how it ended the last time, and where the cluster that it is about has just been sent. */
import type { Outbox, StoredOutcome } from "../common/outbox.ts";
import type { Reply } from "../common/problem.ts";
import type { ClusterId, Millis } from "../common/types.ts";
import type { Catalog } from "./catalog.ts";
import type { ClusterWrites } from "./cluster-writes.ts";
import { IdempotencyTable, type KeyedWrite } from "./idempotency.ts";
import { redirectedTo } from "./redirect.ts";
import type { ClusterWrite } from "./registry-requests.ts";
import { SentOn } from "./sent-on.ts";

export interface ReceptionOptions {
  readonly catalog: Catalog;
  readonly writes: ClusterWrites;
  readonly storedOutcomes: ReadonlyMap<string, StoredOutcome>;
}

export class Reception {
  readonly #o: ReceptionOptions;
  readonly #idempotency: IdempotencyTable;
  readonly #sentOn = new SentOn();

  constructor(options: ReceptionOptions) {
    this.#o = options;
    this.#idempotency = new IdempotencyTable(options.storedOutcomes);
  }

  /** Idempotency keys remembered. */
  get keys(): number {
    return this.#idempotency.size;
  }

  answer(write: ClusterWrite, now: Millis, out: Outbox): Reply {
    const first = this.#idempotency.recall(write, now);
    if (first && !this.#leadsNowhere(first)) return first;
    const reply = this.#answerAnew(write, now, out);
    this.#idempotency.record(write, reply, now, out);
    return reply;
  }

  /** A write of another machine: `act` is done once for each Idempotency-Key. */
  once(write: KeyedWrite, act: () => Reply, now: Millis, out: Outbox): Reply {
    const first = this.#idempotency.recall(write, now);
    if (first) return first;
    const reply = act();
    this.#idempotency.record(write, reply, now, out);
    return reply;
  }

  /** Where the registration of a cluster that is not known here yet has gone. */
  whereSent(clusterId: ClusterId, now: Millis): Reply | undefined {
    if (this.#o.catalog.claims.winner(clusterId)) return undefined;
    const reply = this.#sentOn.find(clusterId, now);
    return reply && !this.#leadsNowhere(reply) ? reply : undefined;
  }

  #answerAnew(write: ClusterWrite, now: Millis, out: Outbox): Reply {
    const reply = this.#o.writes.answer(write, now, out);
    if (write.kind === "cluster-register") {
      if (redirectedTo(reply) !== null) this.#sentOn.note(write.cluster.clusterId, reply, now);
      return reply;
    }
    const isUnknown = !reply.ok && reply.problem.code === "cluster_unknown";
    return (isUnknown ? this.whereSent(write.clusterId, now) : undefined) ?? reply;
  }

  /** A redirect to a hub that is gone. */
  #leadsNowhere(reply: Reply): boolean {
    const to = redirectedTo(reply);
    return to !== null && this.#o.catalog.directory.isGone(to);
  }
}
