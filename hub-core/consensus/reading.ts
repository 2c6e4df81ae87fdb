/** Read indexes between the hubs that wait for them and the leader that vouches: a follower's side, and a leader's. */
import type { Outbox } from "../common/outbox.ts";
import { hash32 } from "../common/random.ts";
import type { DurationMs, GroupId, HubId, Millis } from "../common/types.ts";
import type { MessageOf } from "../wire/messages.ts";
import type { QuorumView, Raft } from "./raft/index.ts";
import { Readers } from "./readers.ts";

/** More than a run ever asks: their numbers are its own. */
const READS_OF_A_RUN = 0x10_0000;
/** Of one question. */
const MAX_READS = 1_024;

export interface ReadingOptions {
  readonly group: GroupId;
  readonly incarnation: number;
  /** A question that is not answered by then is asked again. */
  readonly retryMs: DurationMs;
  readonly raft: Raft;
}

export class Reading {
  readonly readers: Readers;
  readonly #raft: Raft;
  readonly #retryMs: DurationMs;
  #retryAt: Millis = Number.POSITIVE_INFINITY;

  constructor({ group, incarnation, retryMs, raft }: ReadingOptions) {
    this.readers = new Readers(group, hash32(`${raft.state.replica}/${incarnation}`) * READS_OF_A_RUN);
    this.#raft = raft;
    this.#retryMs = retryMs;
  }

  nextDeadline(): Millis {
    return Math.min(this.#retryAt, this.readers.nextDeadline());
  }

  tick(now: Millis, quorum: QuorumView): void {
    if (this.#retryAt <= now) {
      this.#retryAt = Number.POSITIVE_INFINITY;
      this.readers.askAgain();
    }
    this.readers.expire(now, quorum);
  }

  /** Questions go out, and what the leader vouched for is answered once this hub has `applied` that far. */
  settle(applied: number, now: Millis, out: Outbox): void {
    const raft = this.#raft;
    const { leadership, state } = raft;
    if (leadership) this.#ask(now, out);
    else if (raft.isLeaderless) this.readers.fail(raft.quorum(now));
    else if (state.leader !== null) this.#askLeader(state.leader, now, out);
    for (const { from, ids, index } of raft.readsReady.splice(0)) {
      if (from === null) this.readers.ready(ids, index);
      else this.#answer(from, ids, index, now, out);
    }
    for (const { from, ids } of raft.readsAbandoned.splice(0)) {
      out.log("debug", "consensus_reads_abandoned", { group: state.group, term: state.term, reads: ids.length });
      if (from !== null) this.#answer(from, ids, null, now, out);
    }
    this.readers.appliedUpTo(applied);
  }

  /** A leader's side. */
  asked(from: HubId, { ids, term }: MessageOf<"raft-read">, now: Millis, out: Outbox): void {
    const raft = this.#raft;
    if (raft.leadership && term === raft.state.term && this.#mayVouch(raft.quorum(now))) {
      raft.read({ from, ids }, now, out);
    } else this.#answer(from, ids, null, now, out);
  }

  /** A follower's side. A leader that cannot say is asked again in time, not at once. */
  answered(from: HubId, { ids, index, have, need, term }: MessageOf<"raft-read-index">, now: Millis): void {
    const { state } = this.#raft;
    if (index !== null) this.readers.ready(ids, index);
    else if (have < need) this.readers.refusedBy(ids, { have, need });
    else if (need === 0 && from === state.leader && term >= state.term) this.#raft.leaderGone(now);
  }

  #ask(now: Millis, out: Outbox): void {
    const raft = this.#raft;
    const quorum = raft.quorum(now);
    if (!this.#mayVouch(quorum)) this.readers.fail(quorum);
    const ids = this.readers.unasked(raft.state.term, MAX_READS);
    if (ids.length === 0) return;
    this.#retryAt = Math.min(this.#retryAt, now + this.#retryMs);
    raft.read({ from: null, ids }, now, out);
  }

  #askLeader(leader: HubId, now: Millis, out: Outbox): void {
    const raft = this.#raft;
    const ids = this.readers.unasked(raft.state.term, MAX_READS);
    if (ids.length === 0) return;
    this.#retryAt = Math.min(this.#retryAt, now + this.#retryMs);
    raft.expectLeader(now);
    out.send(leader, { kind: "raft-read", ...raft.state.envelope(0), ids });
  }

  /** What cannot be committed cannot be vouched for either. */
  #mayVouch({ have, need }: QuorumView): boolean {
    const { commit, log } = this.#raft.state;
    return commit === log.lastIndex || have >= need;
  }

  #answer(to: HubId, ids: readonly number[], index: number | null, now: Millis, out: Outbox): void {
    const quorum = this.#raft.leadership ? this.#raft.quorum(now) : { have: 0, need: 0 };
    out.send(to, { kind: "raft-read-index", ...this.#raft.state.envelope(0), ids, index, ...quorum });
  }
}
