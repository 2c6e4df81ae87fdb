/**
 * Consensus of one group on one hub: Raft, the state that its log builds, the clients that wait for it, and the duties of a
 * leader and of a voter. A hub that is no replica of the group yet waits for its leader to find it.
 */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox, StoredLog } from "../common/outbox.ts";
import { answered, type Reply } from "../common/problem.ts";
import type { Random } from "../common/random.ts";
import { inMillionths } from "../common/required-votes.ts";
import type { DurationMs, GroupId, HubId, Millis } from "../common/types.ts";
import type { Command } from "../wire/log.ts";
import { Acquaintance } from "./acquaintance.ts";
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
import { Forwarding } from "./forwarding.ts";
import type { GroupState } from "./group-state.ts";
import { type ConsensusMessage, type RaftMessage, type RaftTiming, replicasOf } from "./raft/index.ts";
import { cannotTell } from "./readers.ts";
import { Reading } from "./reading.ts";
import { Replication } from "./replication.ts";
import type { GroupRequest } from "./requests.ts";
import type { RosterMember } from "./roster.ts";
import { type GroupStatus, statusOf } from "./status.ts";
import { revisionUnknown, Watchers } from "./watchers.ts";
import { noQuorum } from "./writers.ts";

export interface ConsensusConfig {
  /** 0…1 */
  readonly threshold: number;
  readonly proposalTimeoutMs: DurationMs;
  /** Pending at most, for a proposal of this key to be taken. */
  readonly maxProposals: (key: string) => number;
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

/** Whoever says that has this replica in its configuration. */
const INVITES: ReadonlySet<ConsensusMessage["kind"]> = new Set(["raft-append", "raft-snapshot", "raft-vote"]);
/** What was sent to a leader and is not answered is sent again: well within the time-out of a proposal. */
const MAX_RETRY_MS: DurationMs = 4_000;

export class Consensus {
  readonly group: GroupId;
  readonly options: ConsensusOptions;
  readonly replication: Replication;
  readonly state: GroupState;
  readonly #forwarding: Forwarding;
  readonly #reading: Reading;
  readonly #watchers: Watchers;
  readonly #duties: Duties;
  readonly #acquaintance: Acquaintance;
  #toldLineage = -1;
  #now: Millis = 0;
  #replies: ConsensusOutbox | null = null;

  constructor(options: ConsensusOptions) {
    this.options = options;
    this.group = options.group;
    this.state = options.state;
    const { group, self, replica, stored, timing, random } = options;
    this.replication = new Replication({ group, self, replica, stored, timing, random }, options.state);
    const { raft } = this.replication;
    const { incarnation, state } = options;
    const retryMs = Math.min(MAX_RETRY_MS, timing.electionMs);
    this.#forwarding = new Forwarding({ group, self, incarnation, retryMs, raft, state });
    this.#reading = new Reading({ group, incarnation, retryMs, raft });
    this.#watchers = new Watchers(group, options.state.keyValues);
    this.#duties = new Duties(this);
    this.#acquaintance = new Acquaintance(timing.electionMs);
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
    return this.raft.state.isVoter;
  }

  start(now: Millis, out: ConsensusOutbox): void {
    this.raft.start(now);
    const members = replicasOf(this.raft.state.configuration).map(({ hubId }) => hubId);
    this.#acquaintance.start(
      members.filter((hubId) => hubId !== this.options.self),
      now,
    );
    this.#duties.start(now);
    this.settle(now, out);
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  receive(from: HubId, message: ConsensusMessage, now: Millis, out: ConsensusOutbox): void {
    const { self, replica, metrics } = this.options;
    const { state } = this.raft;
    const isMine = from !== self && (message.to === 0 || message.to === replica);
    if (isMine && INVITES.has(message.kind) && message.to === replica && state.lineage === 0 && message.lineage !== 0)
      state.join(message.lineage, out);
    if (!isMine || message.lineage !== state.lineage || state.lineage === 0) {
      metrics.count("consensus_foreign_messages_total", 1, { group: this.group });
      return;
    }
    this.#begin(now, out);
    this.#acquaintance.met(from);
    this.raft.doubt(from, false, now, out);
    this.#take(from, message, now, out);
    this.settle(now, out);
  }

  /** Membership takes it for dead, or not any more; or its link has just closed. */
  doubt(hubId: HubId, doubted: boolean, now: Millis, out: ConsensusOutbox): void {
    if (!doubted) this.#acquaintance.met(hubId);
    this.raft.doubt(hubId, doubted, now, out);
    this.settle(now, out);
  }

  /** It is there, and may not know who leads. */
  met(hubId: HubId, now: Millis, out: ConsensusOutbox): void {
    this.raft.leadership?.remind(hubId, now, out);
    this.settle(now, out);
  }

  /** The members or what is known of them may have changed. */
  rosterChanged(now: Millis, out: ConsensusOutbox): void {
    this.#duties.rosterChanged();
    this.settle(now, out);
  }

  /** Those of one step go into the log together: `settle` follows the last of them. */
  request(id: string, request: GroupRequest, now: Millis, out: ConsensusOutbox): void {
    this.#begin(now, out);
    const finish = (reply: Reply): void => out.reply(id, reply);
    if (isWrite(request)) this.#write(id, request, now);
    else if (request.kind === "state-watch") this.#watch(id, request, now);
    else this.#read(id, request, now, finish);
  }

  tick(now: Millis, out: ConsensusOutbox): void {
    this.#begin(now, out);
    const missed = this.#acquaintance.missed(now);
    // A leader hears its followers, or doubts itself.
    if (!this.raft.leadership) for (const hubId of missed) this.raft.doubt(hubId, true, now, out);
    if (this.raft.nextDeadline() <= now) this.raft.tick(now, out);
    const quorum = this.raft.quorum(now);
    this.#forwarding.tick(now, quorum);
    this.#reading.tick(now, quorum);
    this.#watchers.expire(now);
    this.settle(now, out);
  }

  nextDeadline(): Millis {
    return Math.min(
      this.raft.nextDeadline(),
      this.#forwarding.nextDeadline(),
      this.#reading.nextDeadline(),
      this.#watchers.nextDeadline(),
      this.#duties.nextDeadline(),
      this.#acquaintance.nextDeadline(),
    );
  }

  /** Leadership goes to another voter that has caught up, as soon as there is one, and again should this hub be elected. */
  handOver(now: Millis, out: ConsensusOutbox): void {
    this.#duties.handOver(now, out);
    this.settle(now, out);
  }

  /** Takes a hand-over back. */
  mayLead(): void {
    this.#duties.takeBack();
  }

  status(now: Millis): GroupStatus {
    return statusOf(this, now);
  }

  /** A command of this hub itself. */
  propose(operation: Command["operation"], deadline: Millis, finish: (reply: Reply) => void): void {
    this.#forwarding.writers.submit({ operation, idempotency: null, deadline, finish });
  }

  /** All that follows from an event, until nothing more does. */
  settle(now: Millis, out: ConsensusOutbox): void {
    this.#begin(now, out);
    for (;;) {
      const before = this.#standing();
      this.#applyCommitted();
      this.#duties.settle(now, out);
      this.#forwarding.settle(now, out);
      this.#reading.settle(this.replication.applied, now, out);
      if (this.#standing() === before) break;
    }
    this.replication.compact(out);
    this.#replies = null;
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(now: Millis, out: ConsensusOutbox): void {
    this.#now = now;
    this.#replies = out;
  }

  /** Answers come in a later step, through the outbox of that step. */
  #later(id: string): (reply: Reply) => void {
    return (reply) => this.#replies?.reply(id, reply);
  }

  #standing(): string {
    const { state } = this.raft;
    return `${state.term} ${state.log.lastIndex} ${state.commit} ${this.replication.applied} ${state.leader} ${this.#forwarding.writers.waiting}`;
  }

  #take(from: HubId, message: ConsensusMessage, now: Millis, out: ConsensusOutbox): void {
    switch (message.kind) {
      case "raft-forward":
        return this.#forwarding.forwarded(from, message, now, out);
      case "raft-forward-refused":
        return this.#forwarding.refused(from, message, now);
      case "raft-read":
        return this.#reading.asked(from, message, now, out);
      case "raft-read-index":
        return this.#reading.answered(from, message, now);
      default: {
        const restored = this.raft.receive(from, message satisfies RaftMessage, now, out);
        if (restored) this.#forwarding.writers.lookUp((session) => this.state.outcome(session));
      }
    }
  }

  // ── Requests ────────────────────────────────────────────────────────────────────────────────────────────────────────

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
    this.#forwarding.writers.submit({
      operation,
      idempotency: idempotencyOf(request),
      deadline,
      finish: (reply) => {
        options.metrics.observe("consensus_proposal_time", this.#now - now, { group: this.group });
        later(completed(request, reply, this.state));
      },
    });
  }

  #read(id: string, request: ReadRequest, now: Millis, finish: (reply: Reply) => void): void {
    const answer = (): Reply => read(request, this.state);
    const stale = !("consistency" in request) || request.consistency === "stale";
    if (stale) return finish(this.#asFarAsKnown(answer(), now));
    const deadline = now + this.options.config.proposalTimeoutMs;
    this.#reading.readers.submit({ answer, deadline, finish: this.#later(id) });
  }

  /** Of what was in the log when this run began, and may be committed, it cannot be said that it is not there. */
  #asFarAsKnown(reply: Reply, now: Millis): Reply {
    const { unsettled } = this.raft.state;
    if (reply.ok || reply.problem.status !== 404 || unsettled === 0) return reply;
    return cannotTell(this.group, unsettled, this.raft.quorum(now));
  }

  /** A revision that this hub has not reached is to come, or of a log that is no more: the group can tell. */
  #watch(id: string, page: Extract<GroupRequest, { kind: "state-watch" }>, now: Millis): void {
    const { keyValues } = this.state;
    const finish = this.#later(id);
    const begin = (): void => this.#watchers.submit({ page, until: now + page.waitMs, finish });
    if (page.since <= keyValues.revision) return begin();
    this.#reading.readers.submit({
      answer: () =>
        page.since <= keyValues.revision ? answered(null) : revisionUnknown(page.since, keyValues.revision),
      deadline: now + this.options.config.proposalTimeoutMs,
      finish: (reply) => (reply.ok ? begin() : finish(reply)),
    });
  }

  // ── Applying ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #applyCommitted(): void {
    for (const { session, reply } of this.replication.apply()) {
      this.#forwarding.applied(session);
      this.#forwarding.writers.applied(session, reply);
    }
    this.#watchers.applied();
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
