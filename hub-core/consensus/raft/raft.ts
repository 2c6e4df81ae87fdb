/**
 * Raft (Ongaro 2014) of one replica: roles, terms and votes here; a leader's work in leadership.ts, a follower's in following.ts.
 * It decides nothing from a clock alone that safety rests on: a replica may be paused at any moment.
 */
import type { Outbox } from "../../common/outbox.ts";
import { type DurationMs, type HubId, type Millis, unreachable } from "../../common/types.ts";
import type { consensusMessages } from "../../wire/consensus-messages.ts";
import type { Configuration } from "../../wire/log.ts";
import type { Message, MessageOf } from "../../wire/messages.ts";
import { Candidacy } from "./candidacy.ts";
import { isMajority, isVoter, type QuorumView, quorumView, replicasOf } from "./configuration.ts";
import { Following } from "./following.ts";
import { Leadership } from "./leadership.ts";
import { type RaftOptions, RaftState, type SnapshotKeeper } from "./raft-state.ts";
import type { ReadAsked, ReadReady } from "./read-index.ts";

/** Those that travel between Raft and its clients rather than between Rafts are not Raft's own. */
type ClientKind = "raft-forward" | "raft-forward-refused" | "raft-read" | "raft-read-index";
export type ConsensusMessage = Extract<Message, { kind: keyof typeof consensusMessages }>;
export type RaftMessage = Exclude<ConsensusMessage, { kind: ClientKind }>;

export type Role =
  | { readonly kind: "follower" }
  | { readonly kind: "candidate"; readonly candidacy: Candidacy }
  | { readonly kind: "leader"; readonly leadership: Leadership };

/** Those who doubt a leader ask one after the other, so that the first is mostly done before the second begins. */
const DOUBT_STEP_MS: DurationMs = 15;
/** Of an election time-out: after the others would not have it. */
const RETRY = 0.25;
/** Who asks in vain asks ever less often, up to eight times: nobody may be there for hours, and asking keeps a hub awake. */
const MAX_DOUBLINGS = 3;

/** No group lives to see it; a peer that says so would leave no room for later ones. */
const MAX_TERM = 2 ** 48;

/** A vote may be for a term that will never be. */
const ownTerms: ReadonlySet<RaftMessage["kind"]> = new Set(["raft-vote", "raft-voted"]);

export class Raft {
  readonly state: RaftState;
  readonly #keeper: SnapshotKeeper;
  readonly #following: Following;
  #role: Role = { kind: "follower" };
  #electionAt: Millis = Number.POSITIVE_INFINITY;
  /** Questions in a row, up to `MAX_DOUBLINGS`, after which nobody has led. */
  #vain = 0;
  /** Reads that the leader has vouched for, and those that it no longer can; for whoever asked. */
  readonly readsReady: ReadReady[] = [];
  readonly readsAbandoned: ReadAsked[] = [];

  constructor(options: RaftOptions, keeper: SnapshotKeeper) {
    this.state = new RaftState(options);
    this.#keeper = keeper;
    this.#following = new Following(this.state, keeper);
  }

  get role(): Role {
    return this.#role;
  }

  get leadership(): Leadership | null {
    return this.#role.kind === "leader" ? this.#role.leadership : null;
  }

  /** It says nothing by itself. A learner never does: that its leader is silent it may hear before the last of what it said. */
  get quiet(): boolean {
    return this.leadership?.quiet ?? (this.#following.quiet || !this.state.isVoter);
  }

  start(now: Millis): void {
    this.#rearm(now);
  }

  /** The first replica of a group that has no log yet: its log begins with who votes. */
  found(lineage: number, configuration: Configuration, now: Millis, out: Outbox): void {
    const { state } = this;
    state.join(lineage, out);
    state.advanceTerm(1, out);
    state.voteFor(state.me, out);
    state.appendOwn({ kind: "configuration", configuration }, now, out);
    this.#lead(now, out);
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @returns whether a snapshot has taken the place of the log. */
  receive(from: HubId, message: RaftMessage, now: Millis, out: Outbox): boolean {
    if (message.term > MAX_TERM) return false;
    if (!ownTerms.has(message.kind) && message.term > this.state.term) {
      this.#follow(message.term, now, out);
    }
    switch (message.kind) {
      case "raft-vote":
        this.#voteAsked(from, message, now, out);
        return false;
      case "raft-voted":
        this.#voted(from, message, now, out);
        return false;
      case "raft-append":
      case "raft-snapshot":
        return this.#led(from, message, now, out);
      case "raft-timeout-now":
        if (message.term === this.state.term) this.#stand(from, now, out);
        return false;
      default:
        this.#answered(from, message, now, out);
        return false;
    }
  }

  /** Membership takes it for dead, or its link has just closed; or not any more. */
  doubt(hubId: HubId, doubted: boolean, now: Millis, out: Outbox): void {
    const { state } = this;
    if (state.doubted.has(hubId) === doubted) return;
    if (doubted) state.doubted.add(hubId);
    else state.doubted.delete(hubId);
    const { leadership } = this;
    if (leadership) {
      if (leadership.doubtsChanged(now) === "step-down") this.#stepDown(now, out);
      else if (!doubted) leadership.remind(hubId, now, out);
      return;
    }
    this.#vain = 0;
    if (hubId !== state.leader && (doubted || state.leader !== null)) return;
    if (doubted) this.#hurry(now);
    else this.#rearm(now);
  }

  tick(now: Millis, out: Outbox): void {
    const { leadership } = this;
    if (leadership) {
      if (leadership.tick(now, out) === "step-down") this.#stepDown(now, out);
      else this.#endIfRemoved(now, out);
      return;
    }
    if (this.#electionAt > now) return;
    if (this.state.isVoter) this.#campaign(true, false, now, out);
    else this.#electionAt = Number.POSITIVE_INFINITY;
  }

  nextDeadline(): Millis {
    return this.leadership?.nextDeadline() ?? this.#electionAt;
  }

  /** As this replica knows: how many voters are there, and how many a commit takes. */
  quorum(now: Millis): QuorumView {
    const { state, leadership } = this;
    if (leadership) return leadership.quorum(now);
    return quorumView(state.configuration, ({ hubId }) => hubId === state.self || !state.doubted.has(hubId));
  }

  /** No leader is known, or it is doubted, and no other can be elected: whoever waits for one waits in vain. */
  get isLeaderless(): boolean {
    const { self, leader, lineage, doubted, configuration } = this.state;
    const isThere = (hubId: HubId): boolean => hubId === self || !doubted.has(hubId);
    const led = leader !== null && isThere(leader);
    return lineage !== 0 && !led && !isMajority(configuration, ({ hubId }) => isThere(hubId));
  }

  /** This follower counts on its leader: a silent one is not taken for a quiet one any more. */
  expectLeader(now: Millis): void {
    if (this.leadership || !this.#following.quiet) return;
    this.#following.wake(now);
    this.#rearm(now);
  }

  /** The hub that led this term says, or shows, that it does not any more. */
  leaderGone(now: Millis): void {
    if (this.leadership) return;
    this.state.leader = null;
    this.#following.reset();
    this.#rearm(now);
  }

  /** Reads asked of this leader; they come back in `readsReady` or `readsAbandoned`. */
  read(asked: ReadAsked, now: Millis, out: Outbox): void {
    const ready = this.leadership?.read(asked, now, out);
    if (ready) this.readsReady.push(...ready);
    else this.readsAbandoned.push(asked);
  }

  /** A leader that has left the configuration, once that is committed (§4.2.2). Call after commits. */
  #endIfRemoved(now: Millis, out: Outbox): void {
    const { leadership, state } = this;
    if (!leadership || state.isVoter || state.log.configurationIndex > state.commit) return;
    leadership.passOn(out);
    this.#stepDown(now, out);
  }

  // ── Elections ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #campaign(pre: boolean, transfer: boolean, now: Millis, out: Outbox): void {
    const { state } = this;
    state.leader = null;
    this.#following.reset();
    if (!pre) {
      state.advanceTerm(state.term + 1, out);
      state.voteFor(state.me, out);
    }
    const candidacy = new Candidacy(pre ? state.term + 1 : state.term, pre, state.self, state.replica);
    this.#role = { kind: "candidate", candidacy };
    if (pre) this.#vain = Math.min(MAX_DOUBLINGS, this.#vain + 1);
    this.#electionAt = now + state.randomElectionMs() * (pre ? 2 ** (this.#vain - 1) : 1);
    for (const { hubId, replica } of replicasOf(state.configuration)) {
      if (hubId === state.self || !isVoter(state.configuration, hubId, replica)) continue;
      const { lastIndex, lastTerm } = state.log;
      const asked = { pre, transfer, lastIndex, lastTerm };
      out.send(hubId, { kind: "raft-vote", ...state.envelope(replica, candidacy.term), ...asked });
    }
    this.#count(candidacy, now, out);
  }

  /** As its leader asks. */
  #stand(asker: HubId, now: Millis, out: Outbox): void {
    if (!this.leadership && asker === this.state.leader && this.state.isVoter) this.#campaign(false, true, now, out);
  }

  #count(candidacy: Candidacy, now: Millis, out: Outbox): void {
    switch (candidacy.standing(this.state.configuration, (hubId) => this.state.doubted.has(hubId))) {
      case "open":
        return;
      case "won":
        return candidacy.pre ? this.#campaign(false, false, now, out) : this.#lead(now, out);
      case "lost":
        this.#role = { kind: "follower" };
        this.#electionAt = now + this.state.randomElectionMs() * RETRY * 2 ** Math.max(0, this.#vain - 1);
        return;
    }
  }

  #voteAsked(from: HubId, message: MessageOf<"raft-vote">, now: Millis, out: Outbox): void {
    const { state } = this;
    const { pre, transfer, term } = message;
    const answer = (granted: boolean, as: number): void => {
      out.send(from, { kind: "raft-voted", ...state.envelope(message.from, as), pre, granted });
    };
    // Who asks to be elected leads no more, whatever it said when it fell silent.
    if (term > state.term && from === state.leader) this.leaderGone(now);
    // Who hears its leader disturbs it for nobody (§4.2.3, leader stickiness), unless the leader itself asked.
    if (term > state.term && !transfer && this.#hearsLeader(now)) {
      this.leadership?.remind(from, now, out);
      // One that is silent on purpose is to be heard from now, or it is gone.
      if (isVoter(state.configuration, from, message.from)) this.expectLeader(now);
      return answer(false, state.term);
    }
    if (!pre && term > state.term) this.#follow(term, now, out);
    if (term < state.term || (pre && term === state.term)) return answer(false, state.term);
    if (!state.isUpToDate(message.lastTerm, message.lastIndex)) return answer(false, state.term);
    if (pre) {
      this.#yieldTo(from, now);
      return answer(true, term);
    }
    const candidate = { hubId: from, replica: message.from };
    const free = state.mayVoteFor(candidate);
    if (free) {
      state.voteFor(candidate, out);
      this.#rearm(now);
    }
    return answer(free, state.term);
  }

  /** Of two who only ask so far, the one that comes first in the order of those who doubt goes on: else they split the votes. */
  #yieldTo(other: HubId, now: Millis): void {
    if (this.#role.kind !== "candidate" || !this.#role.candidacy.pre) return;
    const order = this.state.configuration.voters.map(({ hubId }) => hubId);
    const place = order.indexOf(other);
    if (place === -1 || place > order.indexOf(this.state.self)) return;
    this.#role = { kind: "follower" };
    this.#electionAt = now + this.state.randomElectionMs() * RETRY;
  }

  #voted(from: HubId, { from: replica, pre, granted, term }: MessageOf<"raft-voted">, now: Millis, out: Outbox): void {
    const { state } = this;
    if (!granted && term > state.term) return this.#follow(term, now, out);
    if (this.#role.kind !== "candidate") return;
    const { candidacy } = this.#role;
    if (candidacy.pre !== pre || (granted && term !== candidacy.term)) return;
    if (!isVoter(state.configuration, from, replica)) return;
    candidacy.answered(from, replica, granted);
    this.#count(candidacy, now, out);
  }

  #hearsLeader(now: Millis): boolean {
    const { state, leadership } = this;
    if (leadership) return leadership.isHeard(now);
    if (state.leader === null || state.doubted.has(state.leader)) return false;
    return this.#following.quiet || now - this.#following.heardAt < state.timing.electionMs;
  }

  // ── Roles ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #lead(now: Millis, out: Outbox): void {
    const { state } = this;
    state.leader = state.self;
    this.#following.reset();
    this.#electionAt = Number.POSITIVE_INFINITY;
    const leadership = new Leadership(state, this.#keeper.snapshot, now, out);
    this.#role = { kind: "leader", leadership };
    out.log("info", "consensus_leader", { group: state.group, term: state.term });
  }

  /** Of `term`, whoever leads it. */
  #follow(term: number, now: Millis, out: Outbox): void {
    const { state } = this;
    if (term > state.term) {
      state.advanceTerm(term, out);
      state.leader = null;
    }
    this.#resign();
    this.#following.reset();
    this.#rearm(now);
  }

  #stepDown(now: Millis, out: Outbox): void {
    const { state } = this;
    out.log("warn", "consensus_stepped_down", { group: state.group, term: state.term });
    state.leader = null;
    this.#resign();
    this.#following.reset();
    this.#rearm(now);
  }

  #resign(): void {
    if (this.#role.kind === "leader") this.readsAbandoned.push(...this.#role.leadership.end());
    this.#role = { kind: "follower" };
  }

  #led(from: HubId, message: MessageOf<"raft-append"> | MessageOf<"raft-snapshot">, now: Millis, out: Outbox): boolean {
    const { state } = this;
    if (message.term < state.term) {
      const stale = { pre: false, granted: false };
      out.send(from, { kind: "raft-voted", ...state.envelope(message.from), ...stale });
      return false;
    }
    if (this.leadership || (state.leader !== null && state.leader !== from)) {
      out.log("error", "consensus_second_leader", { group: state.group, term: state.term, from });
      return false;
    }
    if (this.#role.kind === "candidate") this.#role = { kind: "follower" };
    if (state.leader !== from) {
      state.leader = from;
      out.log("debug", "consensus_follows", { group: state.group, term: state.term, leader: from });
    }
    const restored = this.#following.receive(from, message, now, out);
    this.#vain = 0;
    if (this.#following.quiet && !state.doubted.has(from)) this.#electionAt = Number.POSITIVE_INFINITY;
    else if (!state.doubted.has(from)) this.#rearm(now);
    return restored;
  }

  #answered(
    from: HubId,
    message: MessageOf<"raft-appended" | "raft-append-refused" | "raft-snapshot-ack">,
    now: Millis,
    out: Outbox,
  ): void {
    const { leadership, state } = this;
    if (message.term !== state.term) return;
    if (!leadership) {
      if (message.kind === "raft-appended") this.#following.overheard(from, message);
      return;
    }
    switch (message.kind) {
      case "raft-appended":
        this.readsReady.push(...leadership.appended(from, message, now, out));
        return this.#endIfRemoved(now, out);
      case "raft-append-refused":
        this.readsReady.push(...leadership.refused(from, message, now, out));
        return;
      case "raft-snapshot-ack":
        return leadership.snapshotPart(from, message, now, out);
      default:
        return unreachable(message);
    }
  }

  #rearm(now: Millis): void {
    const { state } = this;
    if (!state.isVoter) {
      this.#electionAt = Number.POSITIVE_INFINITY;
      return;
    }
    // The only voter has nobody to wait for.
    const alone = isMajority(state.configuration, ({ hubId }) => hubId === state.self);
    this.#electionAt = alone ? now : now + state.randomElectionMs();
    if (state.leader !== null && state.doubted.has(state.leader)) this.#hurry(now);
  }

  /** The leader seems gone: ask soon, in an order that is another for every hub. */
  #hurry(now: Millis): void {
    const { state } = this;
    if (!state.isVoter) return;
    const voters = state.configuration.voters.map(({ hubId }) => hubId).filter((hubId) => hubId !== state.leader);
    const place = Math.max(0, voters.indexOf(state.self));
    this.#electionAt = Math.min(this.#electionAt, now + DOUBT_STEP_MS * (place + state.random.float()));
  }
}
