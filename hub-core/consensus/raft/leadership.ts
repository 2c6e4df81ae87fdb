/** One leader's term: whom it feeds, what it may commit, which reads it vouches for. Ends with the term. */
import type { Outbox } from "../../common/outbox.ts";
import { type HubId, invariant, type Millis, unreachable } from "../../common/types.ts";
import type { Command, Configuration, Replica } from "../../wire/log.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { isMajority, isVoter, type QuorumView, quorumView, replicasOf, storedByQuorum } from "./configuration.ts";
import { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
import { type ReadAsked, ReadIndex, type ReadReady } from "./read-index.ts";
import { Sender, type Sending } from "./sender.ts";

/** Proposed and not committed: beyond it a proposal waits. */
const MAX_UNCOMMITTED_BYTES = 4 * 1_048_576;
/** How long a commit may wait for an append that carries the news. */
const COMMIT_NEWS_MS = 10;

export class Leadership {
  readonly #s: RaftState;
  readonly #sender: Sender;
  readonly #progress = new Map<HubId, Progress>();
  readonly #reads = new ReadIndex();
  readonly #noop: number;
  #round = 0;
  #heartbeatAt: Millis;
  #checkQuorumAt: Millis;
  #newsAt: Millis = Number.POSITIVE_INFINITY;
  #activeAt: Millis;
  #retryAt: Millis;
  #quiet = false;
  #transfer: { readonly target: HubId; readonly until: Millis; asked: boolean } | null = null;

  /** The first entry of a term is empty: it commits what earlier terms left (Raft §8). */
  constructor(state: RaftState, snapshot: () => Uint8Array, now: Millis, out: Outbox) {
    this.#s = state;
    this.#sender = new Sender(state, snapshot, (hubId) => this.#progress.has(hubId));
    this.#activeAt = now;
    this.#heartbeatAt = now + state.timing.heartbeatMs;
    this.#retryAt = this.#heartbeatAt;
    this.#checkQuorumAt = now + state.timing.electionMs;
    this.#followConfiguration(now);
    state.setClock(now);
    this.#noop = state.appendOwn({ kind: "noop" }, now, out);
    this.#advanceCommit(now, out);
    this.broadcast(now, out);
  }

  get quiet(): boolean {
    return this.#quiet || this.#progress.size === 0;
  }

  /** Its own term has begun for good: what it commits from here is known to be all there is. */
  get settled(): boolean {
    return this.#s.commit >= this.#noop;
  }

  get transferring(): HubId | null {
    return this.#transfer?.target ?? null;
  }

  /** Null: not one of its followers. */
  matchOf(hubId: HubId): number | null {
    return this.#progress.get(hubId)?.match ?? null;
  }

  nextDeadline(): Millis {
    if (this.#quiet || this.#progress.size === 0) return Number.POSITIVE_INFINITY;
    return Math.min(this.#heartbeatAt, this.#checkQuorumAt, this.#newsAt, this.#transfer?.until ?? Infinity);
  }

  /** How many voters are there, as far as is known, and how many a commit takes. */
  quorum(now: Millis): QuorumView {
    return quorumView(this.#s.configuration, (member) => this.#isThere(member, now));
  }

  /** Some follower that is there has not got up to `index` yet. */
  isFeeding(index: number): boolean {
    return [...this.#progress.values()].some(
      ({ member, match, state }) => !this.#s.doubted.has(member.hubId) && (match < index || state.kind === "snapshot"),
    );
  }

  /** Does a majority still take this leader for one, as far as is known? */
  isHeard(now: Millis): boolean {
    return isMajority(this.#s.configuration, (member) => this.#isThere(member, now));
  }

  // ── Work ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False: the log is too far ahead of its commits, or leadership is on its way to another. */
  get mayPropose(): boolean {
    return this.#transfer === null && this.#uncommittedBytes() <= MAX_UNCOMMITTED_BYTES;
  }

  propose(commands: readonly Command[], now: Millis, out: Outbox): void {
    invariant(this.mayPropose, "a leader proposes when it may");
    this.#s.appendOwn({ kind: "commands", commands }, now, out);
    this.#appended(now, out);
  }

  /** False: another change is under way, or this term has not begun (Raft §4.1; the 2015 correction). */
  changeConfiguration(to: Configuration, now: Millis, out: Outbox): boolean {
    const s = this.#s;
    if (this.#transfer || !this.settled || s.configuration.outgoing !== null || s.log.configurationIndex > s.commit) {
      return false;
    }
    s.appendOwn({ kind: "configuration", configuration: to }, now, out);
    this.#followConfiguration(now);
    this.#appended(now, out);
    return true;
  }

  /** Null: as many wait as may. */
  read(asked: ReadAsked, now: Millis, out: Outbox): ReadReady[] | null {
    this.wake(now);
    return this.#reads.ask(asked) ? this.#runReads(now, out) : null;
  }

  /** @returns reads that nobody can answer any more. */
  end(): ReadAsked[] {
    return this.#reads.abandon();
  }

  /** It votes no more, so it leads no more: whoever is furthest need not wait for its own time-out (§4.2.2, §3.10). */
  passOn(out: Outbox): void {
    const s = this.#s;
    const voters = [...this.#progress.values()]
      .filter(({ member }) => isVoter(s.configuration, member.hubId, member.replica) && !s.doubted.has(member.hubId))
      .sort((a, b) => b.match - a.match);
    const [furthest] = voters;
    if (!furthest) return;
    out.send(furthest.member.hubId, { kind: "raft-timeout-now", ...s.envelope(furthest.member.replica) });
  }

  /** False: it is no voter that has caught up, or a transfer is under way. */
  transferTo(target: HubId, now: Millis, out: Outbox): boolean {
    const progress = this.#progress.get(target);
    const fit = progress && isVoter(this.#s.configuration, target, progress.member.replica);
    if (!fit || this.#transfer || this.#s.configuration.outgoing !== null || !this.settled) return false;
    this.wake(now);
    this.#transfer = { target, until: now + this.#s.timing.electionMs, asked: false };
    this.#runTransfer(out);
    return true;
  }

  wake(now: Millis): void {
    this.#activeAt = now;
    if (!this.#quiet) return;
    this.#quiet = false;
    this.#heartbeatAt = now;
    this.#checkQuorumAt = now + this.#s.timing.electionMs;
    for (const progress of this.#progress.values()) progress.heardAt = now;
  }

  /** `step-down`: a majority has not been heard, so another may be leader already (check-quorum, §6.2). */
  tick(now: Millis, out: Outbox): "lead" | "step-down" {
    const { timing } = this.#s;
    if (this.#transfer && this.#transfer.until <= now) this.#transfer = null;
    if (this.#checkQuorumAt <= now) {
      const late = now - this.#checkQuorumAt;
      this.#checkQuorumAt = now + timing.electionMs;
      // A leader that was paused was not listening.
      if (late < timing.heartbeatMs && !this.#hearsMajority(now)) return "step-down";
    }
    if (this.#newsAt <= now && !this.#owesNews()) this.#newsAt = Number.POSITIVE_INFINITY;
    if (this.#heartbeatAt <= now || this.#newsAt <= now) {
      const quiesce = this.#mayQuiesce(now);
      this.broadcast(now, out, quiesce);
      this.#quiet = quiesce;
    }
    return "lead";
  }

  /** A quiet group's liveness is membership's: `step-down` when a majority is doubted. */
  doubtsChanged(now: Millis): "lead" | "step-down" {
    if (!this.#quiet) return "lead";
    const there = isMajority(
      this.#s.configuration,
      (member) => this.#isSelf(member) || !this.#s.doubted.has(member.hubId),
    );
    if (!there) return "step-down";
    this.wake(now);
    return "lead";
  }

  // ── Answers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  appended(
    from: HubId,
    { from: replica, match, round }: MessageOf<"raft-appended">,
    now: Millis,
    out: Outbox,
  ): ReadReady[] {
    const progress = this.#heard(from, replica, round, now);
    if (!progress) return [];
    // Its word alone must not break this hub.
    if (match > this.#s.log.lastIndex) return [];
    const wasSnapshot = progress.state.kind === "snapshot";
    const news = progress.acknowledged(match);
    if (news) this.#advanceCommit(now, out);
    if (news || wasSnapshot || progress.next <= this.#s.log.lastIndex) this.#feed(progress, out);
    this.#runTransfer(out);
    return this.#runReads(now, out);
  }

  refused(from: HubId, message: MessageOf<"raft-append-refused">, now: Millis, out: Outbox): ReadReady[] {
    const progress = this.#heard(from, message.from, message.round, now);
    if (!progress) return [];
    this.wake(now);
    const { log } = this.#s;
    if (!isStale(message.prevIndex, progress)) {
      const agreed = log.lastOfTermUpTo(message.conflictTerm, Math.min(message.index, message.prevIndex - 1));
      progress.backTo(agreed + 1);
      this.#feed(progress, out);
    }
    return this.#runReads(now, out);
  }

  snapshotPart(
    from: HubId,
    { from: replica, index, offset }: MessageOf<"raft-snapshot-ack">,
    now: Millis,
    out: Outbox,
  ): void {
    const progress = this.#heard(from, replica, 0, now);
    if (progress?.state.kind !== "snapshot" || progress.state.transfer.index !== index) return;
    progress.state.transfer.acknowledged(offset);
    this.#feed(progress, out);
  }

  /** It asked something that shows that it has not heard from its leader. */
  remind(hubId: HubId, now: Millis, out: Outbox): void {
    const progress = this.#progress.get(hubId);
    if (!progress) return;
    this.wake(now);
    progress.lost();
    this.#feed(progress, out, { always: true });
  }

  /** To everyone, with what they lack, or empty: a proof that this leader is there. */
  broadcast(now: Millis, out: Outbox, quiesce = false): void {
    this.#heartbeatAt = now + this.#s.timing.heartbeatMs;
    this.#newsAt = Number.POSITIVE_INFINITY;
    this.#retryLost(now);
    for (const progress of this.#progress.values()) this.#feed(progress, out, { always: true, quiesce });
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #appended(now: Millis, out: Outbox): void {
    this.wake(now);
    this.#advanceCommit(now, out);
    for (const progress of this.#progress.values()) this.#feed(progress, out);
  }

  #followConfiguration(now: Millis): void {
    const s = this.#s;
    const members = replicasOf(s.configuration).filter((member) => !this.#isSelf(member));
    const wanted = new Map(members.map((member) => [member.hubId, member]));
    for (const [hubId, { member }] of this.#progress) {
      if (wanted.get(hubId)?.replica !== member.replica) this.#progress.delete(hubId);
    }
    for (const member of members) {
      if (!this.#progress.has(member.hubId)) {
        this.#progress.set(member.hubId, new Progress(member, s.log.lastIndex + 1, now));
      }
    }
  }

  #heard(from: HubId, replica: number, round: number, now: Millis): Progress | null {
    const progress = this.#progress.get(from);
    if (!progress || progress.member.replica !== replica) return null;
    progress.heardAt = now;
    progress.round = Math.max(progress.round, Math.min(round, this.#round));
    return progress;
  }

  /** Only entries of this term are committed by counting; those before go with them (Raft §5.4.2). */
  #advanceCommit(now: Millis, out: Outbox): void {
    const s = this.#s;
    const stored = storedByQuorum(s.configuration, (member) => this.#matchOfMember(member));
    if (stored <= s.commit || s.log.termAt(stored) !== s.term) return;
    s.commit = stored;
    this.#newsAt = Math.min(this.#newsAt, now + COMMIT_NEWS_MS);
    const { configuration } = s;
    if (configuration.outgoing !== null && s.log.configurationIndex <= s.commit) {
      s.appendOwn({ kind: "configuration", configuration: { ...configuration, outgoing: null } }, now, out);
      this.#followConfiguration(now);
      this.#appended(now, out);
    }
  }

  #matchOfMember(member: Replica): number {
    if (this.#isSelf(member)) return this.#s.log.lastIndex;
    const progress = this.#progress.get(member.hubId);
    return progress?.member.replica === member.replica ? progress.match : 0;
  }

  #isSelf({ hubId, replica }: Replica): boolean {
    return hubId === this.#s.self && replica === this.#s.replica;
  }

  #isThere(member: Replica, now: Millis): boolean {
    if (this.#isSelf(member)) return true;
    const progress = this.#progress.get(member.hubId);
    if (progress?.member.replica !== member.replica || this.#s.doubted.has(member.hubId)) return false;
    return this.#quiet || now - progress.heardAt < 2 * this.#s.timing.electionMs;
  }

  #hearsMajority(now: Millis): boolean {
    const since = now - this.#s.timing.electionMs;
    return isMajority(this.#s.configuration, (member) => {
      if (this.#isSelf(member)) return true;
      const progress = this.#progress.get(member.hubId);
      return progress?.member.replica === member.replica && progress.heardAt >= since;
    });
  }

  #mayQuiesce(now: Millis): boolean {
    const s = this.#s;
    if (now - this.#activeAt < s.timing.quietAfterMs || !this.#reads.idle || this.#transfer) return false;
    if (s.commit < s.log.lastIndex) return false;
    return [...this.#progress.values()].every(
      ({ member, match, commitTold }) =>
        s.doubted.has(member.hubId) || (match === s.log.lastIndex && commitTold === s.commit),
    );
  }

  #owesNews(): boolean {
    const { commit, doubted } = this.#s;
    return [...this.#progress.values()].some(
      ({ member, commitTold }) => commitTold < commit && !doubted.has(member.hubId),
    );
  }

  #uncommittedBytes(): number {
    const { log, commit } = this.#s;
    let bytes = 0;
    for (let index = commit + 1; index <= log.lastIndex && bytes <= MAX_UNCOMMITTED_BYTES; index++) {
      bytes += log.entry(index)?.bytes.length ?? 0;
    }
    return bytes;
  }

  /** What has not been answered for a heartbeat, also while there is so much to say that no heartbeat is due. */
  #retryLost(now: Millis): void {
    if (now < this.#retryAt) return;
    this.#retryAt = now + this.#s.timing.heartbeatMs;
    for (const { state } of this.#progress.values()) {
      if (state.kind === "probe") state.waiting = false;
      if (state.kind === "snapshot") state.transfer.rewind();
    }
  }

  #runReads(now: Millis, out: Outbox): ReadReady[] {
    if (!this.settled) return [];
    const ready: ReadReady[] = [];
    for (;;) {
      // Up to the last entry: who proposed one may know before this leader that it is committed, and have said so.
      if (this.#reads.begin(() => ++this.#round, this.#s.log.lastIndex)) this.broadcast(now, out);
      const round = this.#reads.earliestRound;
      const isConfirmed = (member: Replica): boolean => {
        if (this.#isSelf(member)) return true;
        const progress = this.#progress.get(member.hubId);
        return progress?.member.replica === member.replica && progress.round >= (round as number);
      };
      if (round === null || !isMajority(this.#s.configuration, isConfirmed)) return ready;
      ready.push(...this.#reads.confirmed(round));
    }
  }

  #runTransfer(out: Outbox): void {
    const transfer = this.#transfer;
    if (!transfer || transfer.asked) return;
    const progress = this.#progress.get(transfer.target);
    if (!progress || progress.match < this.#s.log.lastIndex) return;
    transfer.asked = out.send(transfer.target, {
      kind: "raft-timeout-now",
      ...this.#s.envelope(progress.member.replica),
    });
  }

  #feed(progress: Progress, out: Outbox, sending: Omit<Sending, "round"> = {}): void {
    this.#sender.feed(progress, { ...sending, round: this.#round }, out);
  }
}

/** A refusal of something that was settled since, or sent again from elsewhere. */
function isStale(prevIndex: number, { match, next, state }: Progress): boolean {
  switch (state.kind) {
    case "probe":
      return prevIndex <= match || prevIndex !== next - 1;
    case "replicate":
      return prevIndex <= match;
    case "snapshot":
      return true;
    default:
      return unreachable(state);
  }
}
