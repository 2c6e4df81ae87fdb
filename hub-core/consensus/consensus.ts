/**
 * Consensus of one group on one hub: Raft, the state that its log builds, the clients that wait for it, and the duties of a
 * leader and of a voter. A hub that is no replica of the group yet waits for its leader to find it.
 */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox, StoredLog } from "../common/outbox.ts";
import type { Reply } from "../common/problem.ts";
import type { Random } from "../common/random.ts";
import { inMillionths } from "../common/required-votes.ts";
import type { DurationMs, GroupId, HubId, Millis } from "../common/types.ts";
import type { Command } from "../wire/log.ts";
import type { MessageOf } from "../wire/messages.ts";
import {
  completed,
  idempotencyOf,
  isWrite,
  operationOf,
  type ReadRequest,
  read,
  type WriteRequest,
} from "./answers.ts";
import { Duties } from "./duties.ts";
import type { GroupState } from "./group-state.ts";
import { Intake } from "./intake.ts";
import { type ConsensusMessage, isVoter, type QuorumView, type RaftMessage, type RaftTiming } from "./raft/index.ts";
import { Readers } from "./readers.ts";
import { Replication } from "./replication.ts";
import type { GroupRequest } from "./requests.ts";
import type { RosterMember } from "./roster.ts";
import { type GroupStatus, statusOf } from "./status.ts";
import { Watchers } from "./watchers.ts";
import { noQuorum, Writers } from "./writers.ts";

export interface ConsensusConfig {
  /** 0…1 */
  readonly threshold: number;
  readonly proposalTimeoutMs: DurationMs;
  readonly maxProposals: number;
}

export interface ConsensusOptions {
  readonly group: GroupId;
  readonly self: HubId;
  /** The configured coordinator. */
  readonly parent: HubId;
  /** Hubs that configuration names in the group, this one included. */
  readonly expected: readonly HubId[];
  readonly replica: number;
  readonly incarnation: number;
  readonly stored: StoredLog | undefined;
  readonly state: GroupState;
  readonly config: ConsensusConfig;
  readonly timing: RaftTiming;
  readonly members: () => readonly RosterMember[];
  readonly random: Random;
  readonly metrics: Metrics;
}

export interface ConsensusOutbox extends Outbox {
  reply(id: string, reply: Reply): void;
}

export interface GroupLeader {
  readonly leader: HubId;
  readonly term: number;
}

/** Commands in one entry, and entries that may be on their way: under load commands wait for company, alone they do not. */
const MAX_BATCH = 256;
const PIPELINE = 4;
const MAX_FORWARDED = 256;
const MAX_READS = 1_024;
/** A question to a leader that is never answered is asked again. */
const RETRIES_PER_ELECTION = 1;

export class Consensus {
  readonly group: GroupId;
  readonly options: ConsensusOptions;
  readonly replication: Replication;
  readonly state: GroupState;
  readonly writers: Writers;
  readonly readers: Readers;
  readonly watchers: Watchers;
  readonly #intake = new Intake();
  readonly #duties: Duties;
  #retryAt: Millis = Number.POSITIVE_INFINITY;
  #toldLineage = -1;

  constructor(options: ConsensusOptions) {
    this.options = options;
    this.group = options.group;
    this.state = options.state;
    const { group, self, replica, stored, timing, random } = options;
    this.replication = new Replication({ group, self, replica, stored, timing, random }, options.state);
    this.writers = new Writers(group, self, options.incarnation);
    this.readers = new Readers(group);
    this.watchers = new Watchers(group, options.state.keyValues);
    this.#duties = new Duties(this);
    options.metrics.declare("consensus_proposal_time", { group });
  }

  get raft() {
    return this.replication.raft;
  }

  /** Of the log that this hub has of the group; 0: none yet. */
  get lineage(): number {
    return this.raft.state.lineage;
  }

  /** Whom this replica takes for the coordinator; null while there is none. */
  get led(): GroupLeader | null {
    const { leader, term } = this.raft.state;
    return leader === null ? null : { leader, term };
  }

  get votes(): boolean {
    const { configuration } = this.raft.state;
    return isVoter(configuration, this.options.self, this.options.replica);
  }

  start(now: Millis, out: ConsensusOutbox): void {
    this.raft.start(now);
    this.#duties.start(now);
    this.settle(now, out);
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  receive(from: HubId, message: ConsensusMessage, now: Millis, out: ConsensusOutbox): void {
    this.#replies = out;
    const { replica, metrics } = this.options;
    const { state } = this.raft;
    if (message.to !== 0 && message.to !== replica) {
      out.send(from, { kind: "raft-stranger", ...state.envelope(0, 0) });
      return;
    }
    const leads = message.kind === "raft-append" || message.kind === "raft-snapshot";
    if (state.lineage === 0 && leads && message.lineage !== 0) state.join(message.lineage, out);
    if (message.lineage !== state.lineage || state.lineage === 0) {
      metrics.count("consensus_foreign_messages_total", 1, { group: this.group });
      return;
    }
    this.raft.doubt(from, false, now, out);
    this.#take(from, message, now, out);
    this.settle(now, out);
  }

  /** Membership takes it for dead, or not any more; or its link has just closed. */
  doubt(hubId: HubId, doubted: boolean, now: Millis, out: ConsensusOutbox): void {
    this.raft.doubt(hubId, doubted, now, out);
    this.settle(now, out);
  }

  /** The members or what is known of them may have changed. */
  rosterChanged(now: Millis, out: ConsensusOutbox): void {
    this.#duties.rosterChanged();
    this.settle(now, out);
  }

  request(id: string, request: GroupRequest, now: Millis, out: ConsensusOutbox): void {
    this.#replies = out;
    const finish = (reply: Reply): void => out.reply(id, reply);
    if (isWrite(request)) this.#write(id, request, now);
    else if (request.kind === "state-watch") {
      const until = now + request.waitMs;
      this.watchers.submit({ page: request, until, finish: this.#later(id) });
    } else this.#read(id, request, now, finish);
    this.settle(now, out);
  }

  tick(now: Millis, out: ConsensusOutbox): void {
    this.#replies = out;
    if (this.raft.nextDeadline() <= now) this.raft.tick(now, out);
    if (this.#retryAt <= now) {
      this.#retryAt = Number.POSITIVE_INFINITY;
      this.writers.handAgain();
      this.readers.askAgain();
    }
    const quorum = this.raft.quorum(now);
    this.writers.expire(now, quorum);
    this.readers.expire(now, quorum);
    this.watchers.expire(now);
    this.#duties.tick(now, out);
    this.settle(now, out);
  }

  nextDeadline(): Millis {
    return Math.min(
      this.raft.nextDeadline(),
      this.#retryAt,
      this.writers.nextDeadline(),
      this.readers.nextDeadline(),
      this.watchers.nextDeadline(),
      this.#duties.nextDeadline(),
    );
  }

  /** Leadership goes to another voter that has caught up, if there is one; this hub leads no more until `mayLead`. */
  handOver(now: Millis, out: ConsensusOutbox): void {
    this.#duties.handOver(now, out);
    this.settle(now, out);
  }

  status(now: Millis): GroupStatus {
    return statusOf(this, now);
  }

  /** A command of this hub itself. */
  propose(operation: Command["operation"], deadline: Millis, finish: (reply: Reply) => void): void {
    this.writers.submit({ operation, idempotency: null, deadline, finish });
  }

  /** All that follows from an event, until nothing more does. */
  settle(now: Millis, out: ConsensusOutbox): void {
    this.#replies = out;
    for (;;) {
      const before = this.#standing();
      this.#collectReads(now, out);
      this.#applyCommitted(now, out);
      this.#duties.settle(now, out);
      this.#handOn(now, out);
      if (this.#standing() === before) break;
    }
    this.replication.compact(now, out);
    this.#replies = null;
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #replies: ConsensusOutbox | null = null;

  /** Answers come in a later step, through the outbox of that step. */
  #later(id: string): (reply: Reply) => void {
    return (reply) => this.#replies?.reply(id, reply);
  }

  #standing(): string {
    const { state } = this.raft;
    return `${state.term} ${state.log.lastIndex} ${state.commit} ${this.replication.applied} ${state.leader} ${this.writers.waiting}`;
  }

  #take(from: HubId, message: ConsensusMessage, now: Millis, out: ConsensusOutbox): void {
    switch (message.kind) {
      case "raft-forward":
        return this.#forwarded(from, message, now, out);
      case "raft-forward-refused": {
        const { sessions, term, reason, have, need } = message;
        for (const { incarnation, seq } of sessions) {
          if (incarnation === this.options.incarnation) this.writers.refusedBy(seq, term, reason, { have, need });
        }
        return;
      }
      case "raft-read":
        return this.#readAsked(from, message, now, out);
      case "raft-read-index":
        if (message.index !== null) this.readers.ready(message.ids, message.index);
        else if (message.have < message.need) this.readers.refusedBy(message.ids, message);
        else this.readers.abandoned(message.ids);
        return;
      default: {
        const snapshot = this.raft.receive(from, message satisfies RaftMessage, now, out);
        if (snapshot) {
          this.replication.restored(snapshot);
          this.writers.lookUp((session) => this.state.outcome(session));
        }
      }
    }
  }

  // ── Writes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #write(id: string, request: WriteRequest, now: Millis): void {
    const { options } = this;
    const later = this.#later(id);
    const deadline =
      now + Math.min(timeoutOf(request) ?? options.config.proposalTimeoutMs, options.config.proposalTimeoutMs);
    const operation = operationOf(request, {
      self: options.self,
      fresh: (prefix) => `${prefix}-${options.random.uint48().toString(36)}`,
      ...options.config,
    });
    this.writers.submit({
      operation,
      idempotency: idempotencyOf(request),
      deadline,
      finish: (reply) => {
        options.metrics.observe("consensus_proposal_time", this.#now - now, { group: this.group });
        later(completed(request, reply, this.state));
      },
    });
  }

  #now: Millis = 0;

  #handOn(now: Millis, out: ConsensusOutbox): void {
    this.#now = now;
    const { state, leadership } = this.raft;
    const quorum = this.raft.quorum(now);
    if (leadership) {
      this.#intake.begin(state.term);
      if (quorum.have < quorum.need) this.writers.failUnhanded(quorum);
      this.#append(now, out);
      return;
    }
    this.#intake.clear();
    if (state.lineage !== 0 && state.leader === null && !this.raft.hasMajority()) {
      this.writers.failUnhanded(quorum);
      this.readers.fail(quorum);
    }
    if (state.leader === null) return;
    this.#forward(state.leader, now, out);
    this.#askReads(state.leader, now, out);
  }

  /** While fewer than a few entries are on their way: what is proposed meanwhile goes together in the next. */
  #append(now: Millis, out: ConsensusOutbox): void {
    const { state, leadership } = this.raft;
    while (leadership && state.log.lastIndex - state.commit < PIPELINE) {
      const own = this.writers.unhanded(state.term, MAX_BATCH);
      const commands = [...own, ...this.#intake.take(MAX_BATCH - own.length)];
      if (commands.length === 0) return;
      if (!leadership.propose(commands, now, out)) {
        for (const command of commands.slice(own.length)) this.#intake.offer(command);
        return;
      }
      this.writers.handed(own, state.term);
    }
  }

  #forward(leader: HubId, now: Millis, out: ConsensusOutbox): void {
    const { state } = this.raft;
    for (;;) {
      const commands = this.writers.unhanded(state.term, MAX_FORWARDED);
      if (commands.length === 0) return;
      this.#armRetry(now);
      if (!out.send(leader, { kind: "raft-forward", ...state.envelope(0), commands })) return;
      this.raft.expectLeader(now);
      this.writers.handed(commands, state.term);
    }
  }

  #forwarded(from: HubId, { commands, term }: MessageOf<"raft-forward">, now: Millis, out: ConsensusOutbox): void {
    const { state, leadership } = this.raft;
    const refuse = (
      refused: readonly Command[],
      reason: "not-leader" | "no-quorum" | "busy",
      quorum: QuorumView,
    ): void => {
      if (refused.length === 0) return;
      const sessions = refused.map(({ session: { incarnation, seq } }) => ({ incarnation, seq }));
      out.send(from, { kind: "raft-forward-refused", ...state.envelope(0, term), sessions, reason, ...quorum });
    };
    const quorum = this.raft.quorum(now);
    if (!leadership || term !== state.term) return refuse(commands, "not-leader", quorum);
    this.#intake.begin(state.term);
    if (quorum.have < quorum.need) {
      for (const { session } of commands) this.#intake.refuse(session);
      return refuse(commands, "no-quorum", quorum);
    }
    const declined = commands.filter((command) => !this.#intake.offer(command));
    refuse(declined, "busy", quorum);
  }

  #armRetry(now: Millis): void {
    const after = this.options.timing.electionMs / RETRIES_PER_ELECTION;
    this.#retryAt = Math.min(this.#retryAt, now + after);
  }

  // ── Reads ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #read(id: string, request: ReadRequest, now: Millis, finish: (reply: Reply) => void): void {
    const answer = (): Reply => read(request, this.state);
    const stale = !("consistency" in request) || request.consistency === "stale";
    if (stale) return finish(answer());
    const deadline = now + this.options.config.proposalTimeoutMs;
    this.readers.submit({ answer, deadline, finish: this.#later(id) });
  }

  #collectReads(now: Millis, out: ConsensusOutbox): void {
    const { raft } = this;
    if (raft.leadership) {
      const quorum = raft.quorum(now);
      // What cannot be committed cannot be vouched for either, until this term's first entry is.
      if (!raft.leadership.settled && quorum.have < quorum.need) this.readers.fail(quorum);
      const ids = this.readers.unasked(raft.state.term, MAX_READS);
      if (ids.length > 0) raft.read({ from: null, ids }, now, out);
    }
    for (const { from, ids, index } of raft.readsReady.splice(0)) {
      if (from === null) this.readers.ready(ids, index);
      else this.#answerRead(from, ids, index, now, out);
    }
    for (const { from, ids } of raft.readsAbandoned.splice(0)) {
      if (from === null) this.readers.abandoned(ids);
      else this.#answerRead(from, ids, null, now, out);
    }
    this.readers.appliedUpTo(this.replication.applied);
  }

  #askReads(leader: HubId, now: Millis, out: ConsensusOutbox): void {
    const { state } = this.raft;
    const ids = this.readers.unasked(state.term, MAX_READS);
    if (ids.length === 0) return;
    this.#armRetry(now);
    this.raft.expectLeader(now);
    if (!out.send(leader, { kind: "raft-read", ...state.envelope(0), ids })) this.readers.abandoned(ids);
  }

  #readAsked(from: HubId, { ids, term }: MessageOf<"raft-read">, now: Millis, out: ConsensusOutbox): void {
    const { raft } = this;
    const quorum = raft.quorum(now);
    const can = raft.leadership && term === raft.state.term && (raft.leadership.settled || quorum.have >= quorum.need);
    if (can) raft.read({ from, ids }, now, out);
    else this.#answerRead(from, ids, null, now, out);
  }

  #answerRead(to: HubId, ids: readonly number[], index: number | null, now: Millis, out: ConsensusOutbox): void {
    const leads = this.raft.leadership !== null;
    const quorum = leads ? this.raft.quorum(now) : { have: 0, need: 0 };
    out.send(to, { kind: "raft-read-index", ...this.raft.state.envelope(0), ids, index, ...quorum });
  }

  // ── Applying ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #applyCommitted(now: Millis, _out: ConsensusOutbox): void {
    this.#now = now;
    for (const { session, reply } of this.replication.apply()) this.writers.applied(session, reply);
    this.readers.appliedUpTo(this.replication.applied);
    this.watchers.applied();
  }

  /** The group's lineage is in the hub record: true once after it has changed. */
  takeLineageNews(): boolean {
    const news = this.lineage !== this.#toldLineage;
    this.#toldLineage = this.lineage;
    return news;
  }

  get threshold(): number {
    return inMillionths(this.options.config.threshold);
  }

  /** For requests about a group that this hub is no replica of. */
  notReady(now: Millis): Reply<never> {
    return noQuorum(this.group, this.raft.quorum(now));
  }
}

function timeoutOf(request: WriteRequest): DurationMs | undefined {
  return request.kind === "proposal-create" && request.proposalKind === "write" ? request.timeoutMs : undefined;
}
