/** What a hub does for its group unasked: found it, follow the roster, end what is past its time, vote, give leadership back. */
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { Verdict } from "../wire/log.ts";
import type { Consensus, ConsensusOutbox } from "./consensus.ts";
import type { Leadership } from "./raft/index.ts";
import { foundingVoters, nextConfiguration, nextLook, type RosterMember, type RosterView } from "./roster.ts";

/** Between looks at the roster while something is under way. */
const LOOK_AGAIN_MS: DurationMs = 250;
/** A command of duty that was not applied by then is given again. */
const DUTY_TIMEOUT_MS: DurationMs = 10_000;
/** One that was refused is not given again at once: what refused it is still so. */
const DUTY_RETRY_MS: DurationMs = 1_000;

export class Duties {
  readonly #c: Consensus;
  #startedAt: Millis = 0;
  #lookAt: Millis = Number.NEGATIVE_INFINITY;
  /** Ballots that this hub has seen: when it gives its vote, by its own clock, or null once that is on its way. */
  readonly #votes = new Map<string, Millis | null>();
  #voteAt: Millis = Number.POSITIVE_INFINITY;
  /** The index up to which ballots were judged. */
  #judged = -1;
  #lapsing = false;
  #lapseAgainAt: Millis = Number.NEGATIVE_INFINITY;
  /** The term that this hub leads, and since when. */
  #leads = { term: 0, since: 0 };
  /** How far commits were a while ago: who has that much is nearly there (thesis §4.2.1, rounds). */
  #round = { at: 0, commit: 0 };
  #handedOver = false;
  #transferAgainAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(consensus: Consensus) {
    this.#c = consensus;
  }

  start(now: Millis): void {
    this.#startedAt = now;
    this.#lookAt = now;
  }

  rosterChanged(): void {
    this.#lookAt = Number.NEGATIVE_INFINITY;
  }

  handOver(now: Millis, out: ConsensusOutbox): void {
    this.#handedOver = true;
    this.#transferAgainAt = now;
    this.#giveLeadership(now, out);
  }

  takeBack(): void {
    this.#handedOver = false;
    this.#lookAt = Number.NEGATIVE_INFINITY;
  }

  nextDeadline(): Millis {
    const { raft, state } = this.#c;
    const leads = raft.leadership !== null;
    const behind = raft.state.logTime(0);
    const lapse =
      leads && !this.#lapsing ? Math.max(state.nextLapse() - behind, this.#lapseAgainAt) : Number.POSITIVE_INFINITY;
    const waits = leads || (raft.state.lineage === 0 && this.#isParent);
    return Math.min(lapse, this.#voteAt, waits ? this.#lookAt : Number.POSITIVE_INFINITY);
  }

  settle(now: Millis, out: ConsensusOutbox): void {
    const { raft } = this.#c;
    if (raft.state.lineage === 0) return this.#found(now, out);
    this.#vote(now);
    const { leadership } = raft;
    if (!leadership) return;
    if (this.#leads.term !== raft.state.term) this.#begin(now);
    this.#lapse(now);
    if (this.#lookAt > now) return;
    this.#lookAt = Number.POSITIVE_INFINITY;
    this.#followRoster(leadership, now, out);
    this.#giveLeadership(now, out);
  }

  /** Leading: what was known of the roster in another term may not be so. */
  #begin(now: Millis): void {
    const { term, commit } = this.#c.raft.state;
    this.#leads = { term, since: now };
    this.#round = { at: now, commit };
    this.#lookAt = now;
  }

  get #isParent(): boolean {
    return this.#c.options.parent === this.#c.options.self;
  }

  #found(now: Millis, out: ConsensusOutbox): void {
    if (!this.#isParent || this.#lookAt > now) return;
    const { options, raft } = this.#c;
    const waited = now - this.#startedAt;
    this.#lookAt = now + LOOK_AGAIN_MS;
    const { threshold } = this.#c;
    const voters = foundingVoters(raft.state.me, options.expected, options.members(), threshold, waited);
    if (voters === null) return;
    const configuration = { voters, outgoing: null, learners: [], threshold };
    raft.found(options.random.uint48(), configuration, now, out);
    out.log("info", "consensus_founded", { group: this.#c.group });
    this.#lookAt = now;
  }

  #followRoster(leadership: Leadership, now: Millis, out: ConsensusOutbox): void {
    const { options, raft } = this.#c;
    const { state } = raft;
    const busy =
      !leadership.settled || state.configuration.outgoing !== null || state.log.configurationIndex > state.commit;
    if (busy) {
      this.#lookAt = now + LOOK_AGAIN_MS;
      return;
    }
    if (now - this.#round.at > 2 * options.timing.electionMs) this.#round = { at: now, commit: state.commit };
    const view: RosterView = {
      members: options.members(),
      // A leader that starts anew may know of no commit: who has nothing has not caught up with it.
      caughtUp: (hubId) => leadership.matchOf(hubId) !== 0 && this.#hasCaughtUp(leadership, hubId),
      threshold: this.#c.threshold,
      since: this.#leads.since,
      now,
    };
    const next = nextConfiguration(state.configuration, view);
    if (next) leadership.changeConfiguration(next, now, out);
    this.#lookAt = next ? now + LOOK_AGAIN_MS : nextLook(state.configuration, view, LOOK_AGAIN_MS);
    if (now - this.#round.at >= options.timing.electionMs) this.#round = { at: now, commit: state.commit };
  }

  #hasCaughtUp(leadership: Leadership, hubId: HubId): boolean {
    return (leadership.matchOf(hubId) ?? -1) >= this.#round.commit;
  }

  /** The configured coordinator leads, as soon as it has caught up; one that drains does not. */
  #giveLeadership(now: Millis, out: ConsensusOutbox): void {
    const { options, raft } = this.#c;
    const { leadership } = raft;
    const heirs = leadership ? this.#heirs(leadership) : [];
    if (!leadership || heirs.length === 0) return;
    if (now < this.#transferAgainAt) {
      this.#lookAt = Math.min(this.#lookAt, this.#transferAgainAt);
      return;
    }
    const target = heirs.find((hubId) => this.#hasCaughtUp(leadership, hubId));
    if (target === undefined || !leadership.settled) {
      this.#lookAt = Math.min(this.#lookAt, now + LOOK_AGAIN_MS);
      return;
    }
    this.#transferAgainAt = now + 2 * options.timing.electionMs;
    this.#lookAt = Math.min(this.#lookAt, this.#transferAgainAt);
    const begun = leadership.transferTo(target, now, out);
    out.log("info", "consensus_transfer", { group: this.#c.group, to: target, begun });
  }

  /** Voters that this leader should give way to, the configured coordinator first, then whoever is furthest. */
  #heirs(leadership: Leadership): HubId[] {
    const { options, raft } = this.#c;
    if (!this.#handedOver && this.#isParent) return [];
    const { doubted, configuration } = raft.state;
    const match = ({ hubId }: RosterMember): number => leadership.matchOf(hubId) ?? -1;
    return options
      .members()
      .filter(({ hubId, state, draining }) => hubId !== options.self && state === "alive" && !draining)
      .filter(({ hubId }) => !doubted.has(hubId) && configuration.voters.some((voter) => voter.hubId === hubId))
      .filter(({ hubId }) => this.#handedOver || hubId === options.parent)
      .sort((a, b) => Number(b.isParent) - Number(a.isParent) || match(b) - match(a) || (a.hubId < b.hubId ? -1 : 1))
      .map(({ hubId }) => hubId);
  }

  #lapse(now: Millis): void {
    if (this.#lapsing || this.#lapseAgainAt > now) return;
    if (this.#c.state.nextLapse() > this.#c.raft.state.logTime(now)) return;
    this.#lapsing = true;
    this.#c.propose({ kind: "lapse" }, now + DUTY_TIMEOUT_MS, ({ ok }) => {
      this.#lapsing = false;
      if (!ok) this.#lapseAgainAt = now + DUTY_RETRY_MS;
    });
  }

  /** Judging is not free: it is done when the log has moved on, or a vote is due. */
  #vote(now: Millis): void {
    const { options, raft, replication, state } = this.#c;
    if (this.#judged === replication.applied && now < this.#voteAt) return;
    this.#judged = replication.applied;
    this.#voteAt = Number.POSITIVE_INFINITY;
    const verdicts = this.#c.votes ? state.verdicts(options.self) : [];
    const open = new Set(verdicts.map(({ proposalId }) => proposalId));
    for (const proposalId of this.#votes.keys()) if (!open.has(proposalId)) this.#votes.delete(proposalId);
    for (const { from, ...verdict } of verdicts) {
      const { proposalId } = verdict;
      const known = this.#votes.get(proposalId);
      const at = known === undefined ? now + Math.max(0, from - raft.state.log.lastAt) : known;
      this.#votes.set(proposalId, at);
      if (at === null) continue;
      if (at > now) this.#voteAt = Math.min(this.#voteAt, at);
      else this.#give(verdict, now);
    }
  }

  #give({ proposalId, vote, reason }: Omit<Verdict, "from">, now: Millis): void {
    const { self } = this.#c.options;
    this.#votes.set(proposalId, null);
    const operation = { kind: "vote", proposalId, voter: self, vote, reason, byOperator: false } as const;
    this.#c.propose(operation, now + DUTY_TIMEOUT_MS, () => {
      const again = now + DUTY_RETRY_MS;
      this.#votes.set(proposalId, again);
      this.#voteAt = Math.min(this.#voteAt, again);
    });
  }
}
