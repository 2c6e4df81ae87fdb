/** Commands on their way from the hubs that wait for them to the log: a follower's side, and a leader's. */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, GroupId, HubId, Millis } from "../common/types.ts";
import type { Command, Session } from "../wire/log.ts";
import type { MessageOf } from "../wire/messages.ts";
import { Batch } from "./batch.ts";
import type { GroupState } from "./group-state.ts";
import { Intake } from "./intake.ts";
import type { QuorumView, Raft } from "./raft/index.ts";
import { Writers } from "./writers.ts";

/** Entries that may be on their way: under load commands wait for company, alone they do not. */
const PIPELINE = 4;

export interface ForwardingOptions {
  readonly group: GroupId;
  readonly self: HubId;
  readonly incarnation: number;
  /** What was handed and has not come back by then is handed again. */
  readonly retryMs: DurationMs;
  readonly raft: Raft;
  readonly state: GroupState;
}

export class Forwarding {
  readonly writers: Writers;
  readonly #o: ForwardingOptions;
  readonly #intake = new Intake();
  #retryAt: Millis = Number.POSITIVE_INFINITY;

  constructor(options: ForwardingOptions) {
    this.#o = options;
    this.writers = new Writers(options.group, options.self, options.raft.state.replica, options.incarnation);
  }

  nextDeadline(): Millis {
    return Math.min(this.#retryAt, this.writers.nextDeadline());
  }

  tick(now: Millis, quorum: QuorumView): void {
    if (this.#retryAt <= now) {
      this.#retryAt = Number.POSITIVE_INFINITY;
      // A leader has its own in its log.
      if (!this.#o.raft.leadership) this.writers.handAgain();
    }
    this.writers.expire(now, quorum);
  }

  /** What waits goes to the log, or to the leader; or is told that nobody could take it. */
  settle(now: Millis, out: Outbox): void {
    const { raft } = this.#o;
    const { state, leadership } = raft;
    const quorum = raft.quorum(now);
    if (leadership) {
      this.#intake.begin(state.term);
      if (quorum.have < quorum.need) this.writers.failUnhanded(quorum);
      this.#append(now, out);
      return;
    }
    this.#intake.clear();
    if (raft.isLeaderless) this.writers.failUnhanded(quorum);
    if (state.leader !== null) this.#forward(state.leader, now, out);
  }

  applied(session: Session): void {
    this.#intake.applied(session);
  }

  /** A leader's side. */
  forwarded(from: HubId, { commands, term, from: replica }: MessageOf<"raft-forward">, now: Millis, out: Outbox): void {
    const { raft, state } = this.#o;
    const quorum = raft.quorum(now);
    const refuse = (refused: readonly Command[], reason: "not-leader" | "no-quorum" | "busy"): void => {
      if (refused.length === 0) return;
      const sessions = refused.map(({ session: { incarnation, seq } }) => ({ incarnation, seq }));
      const about = { sessions, reason, ...quorum };
      out.send(from, { kind: "raft-forward-refused", ...raft.state.envelope(replica, term), ...about });
    };
    if (!raft.leadership || term !== raft.state.term) return refuse(commands, "not-leader");
    this.#intake.begin(raft.state.term);
    if (quorum.have >= quorum.need)
      return refuse(
        commands.filter((one) => !this.#intake.offer(one)),
        "busy",
      );
    // What is in the log, or was, may be applied yet: only of the others it can be said that they never will.
    const untaken = commands.filter(
      ({ session }) => !this.#intake.hasTaken(session) && state.outcome(session) === undefined,
    );
    for (const { session } of untaken) this.#intake.refuse(session);
    refuse(untaken, "no-quorum");
  }

  /** A follower's side. */
  refused(from: HubId, message: MessageOf<"raft-forward-refused">, now: Millis): void {
    const { incarnation, raft } = this.#o;
    const { sessions, term, reason, have, need } = message;
    for (const session of sessions) {
      if (session.incarnation !== incarnation) continue;
      if (reason === "no-quorum") this.writers.refusedBy(session.seq, term, { have, need });
    }
    if (reason === "not-leader" && from === raft.state.leader && term === raft.state.term) raft.leaderGone(now);
  }

  /** While fewer than a few entries are on their way: what is proposed meanwhile goes together in the next. */
  #append(now: Millis, out: Outbox): void {
    const { state, leadership } = this.#o.raft;
    // Of a log that has just been founded nobody else may have heard: what waits is not in it, and can be told so.
    if (state.commit === 0) return;
    while (leadership?.mayPropose && state.log.lastIndex - state.commit < PIPELINE) {
      const batch = new Batch();
      this.writers.fill(batch, state.term);
      const own = batch.commands.length;
      this.#intake.fill(batch);
      if (batch.commands.length === 0) return;
      leadership.propose(batch.commands, now, out);
      this.writers.handed(batch.commands.slice(0, own), state.term);
    }
  }

  #forward(leader: HubId, now: Millis, out: Outbox): void {
    const { raft, retryMs } = this.#o;
    const { term } = raft.state;
    for (;;) {
      const batch = new Batch();
      this.writers.fill(batch, term);
      const { commands } = batch;
      if (commands.length === 0) return;
      this.#retryAt = Math.min(this.#retryAt, now + retryMs);
      if (!out.send(leader, { kind: "raft-forward", ...raft.state.envelope(0), commands })) return;
      raft.expectLeader(now);
      this.writers.handed(commands, term);
    }
  }
}
