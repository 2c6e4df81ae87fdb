/** What a hub does for its group unasked: found it, follow the roster, end what is past its time, vote, give leadership back. */
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { MAX_VOTERS } from "../wire/log.ts";
import type { Consensus, ConsensusOutbox } from "./consensus.ts";
import type { Leadership } from "./raft/index.ts";
import { mayFound, nextConfiguration, REPLACE_AFTER_MS, type RosterMember } from "./roster.ts";

/** How long a parent waits for hubs that it has not heard of before it founds the group with the others. */
const FOUND_PATIENCE_MS: DurationMs = 3_000;
/** Between looks at the roster while something is under way. */
const LOOK_AGAIN_MS: DurationMs = 250;
/** A command of duty that was not applied by then is given again. */
const DUTY_TIMEOUT_MS: DurationMs = 10_000;

export class Duties {
  readonly #c: Consensus;
  #startedAt: Millis = 0;
  #lookAt: Millis = Number.NEGATIVE_INFINITY;
  /** Ballots that this hub has seen: when it gives its vote, by its own clock, or null once that is on its way. */
  readonly #votes = new Map<string, Millis | null>();
  #voteAt: Millis = Number.POSITIVE_INFINITY;
  #lapsing = false;
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
  }

  tick(now: Millis, out: ConsensusOutbox): void {
    this.settle(now, out);
  }

  nextDeadline(): Millis {
    const { raft, state } = this.#c;
    const leads = raft.leadership !== null;
    const behind = raft.state.logTime(0);
    const lapse = leads && !this.#lapsing ? state.nextLapse() - behind : Number.POSITIVE_INFINITY;
    const waits = leads || (raft.state.lineage === 0 && this.#isParent);
    return Math.min(lapse, this.#voteAt, waits ? this.#lookAt : Number.POSITIVE_INFINITY);
  }

  settle(now: Millis, out: ConsensusOutbox): void {
    const { raft } = this.#c;
    if (raft.state.lineage === 0) return this.#found(now, out);
    this.#vote(now);
    const { leadership } = raft;
    if (!leadership) return;
    this.#lapse(now);
    if (this.#lookAt > now) return;
    this.#lookAt = Number.POSITIVE_INFINITY;
    this.#followRoster(leadership, now, out);
    this.#giveLeadership(now, out);
  }

  get #isParent(): boolean {
    return this.#c.options.parent === this.#c.options.self;
  }

  #found(now: Millis, out: ConsensusOutbox): void {
    if (!this.#isParent || this.#lookAt > now) return;
    const { options, raft } = this.#c;
    const waited = now - this.#startedAt;
    this.#lookAt = now + LOOK_AGAIN_MS;
    if (!mayFound(options.self, options.expected, options.members(), waited, FOUND_PATIENCE_MS)) return;
    raft.found(options.random.uint48(), this.#c.threshold, now, out);
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
    const caughtUp = (hubId: HubId): boolean => (leadership.matchOf(hubId) ?? -1) >= state.commit;
    const next = nextConfiguration(state.configuration, options.members(), caughtUp, this.#c.threshold, now);
    if (next) leadership.changeConfiguration(next, now, out);
    this.#lookAt = now + (next ? LOOK_AGAIN_MS : this.#nextLook());
  }

  /** A learner that may be needed catches up, a voter that is away stays away: neither is told by an event. */
  #nextLook(): DurationMs {
    const { voters, learners } = this.#c.raft.state.configuration;
    const away = this.#c.options.members().some(({ state }) => state === "failed");
    if (learners.length > 0 && (away || voters.length < MAX_VOTERS)) return LOOK_AGAIN_MS;
    return away ? REPLACE_AFTER_MS : Number.POSITIVE_INFINITY;
  }

  /** The configured coordinator leads, as soon as it has caught up; one that drains does not. */
  #giveLeadership(now: Millis, out: ConsensusOutbox): void {
    const { options, raft } = this.#c;
    const { leadership } = raft;
    if (!leadership || now < this.#transferAgainAt || !leadership.settled) return;
    const target = this.#handedOver
      ? this.#successor(leadership)
      : this.#isParent
        ? null
        : this.#parentBack(leadership);
    if (target === null) return;
    this.#transferAgainAt = now + 2 * options.timing.electionMs;
    this.#lookAt = Math.min(this.#lookAt, this.#transferAgainAt);
    const begun = leadership.transferTo(target, now, out);
    out.log("info", "consensus_transfer", { group: this.#c.group, to: target, begun });
  }

  #parentBack(leadership: Leadership): HubId | null {
    const { options, raft } = this.#c;
    const parent = options.members().find(({ hubId }) => hubId === options.parent);
    const fit = parent?.state === "alive" && !parent.draining && !raft.state.doubted.has(options.parent);
    return fit && (leadership.matchOf(options.parent) ?? -1) >= raft.state.commit ? options.parent : null;
  }

  /** Whoever is furthest, the configured coordinator first. */
  #successor(leadership: Leadership): HubId | null {
    const { options, raft } = this.#c;
    const fit = options
      .members()
      .filter(({ hubId, state, draining }) => hubId !== options.self && state === "alive" && !draining)
      .filter(
        ({ hubId }) =>
          !raft.state.doubted.has(hubId) && raft.state.configuration.voters.some((voter) => voter.hubId === hubId),
      );
    const match = (member: RosterMember): number => leadership.matchOf(member.hubId) ?? -1;
    fit.sort((a, b) => Number(b.isParent) - Number(a.isParent) || match(b) - match(a) || (a.hubId < b.hubId ? -1 : 1));
    return fit[0]?.hubId ?? null;
  }

  #lapse(now: Millis): void {
    if (this.#lapsing || this.#c.state.nextLapse() > this.#c.raft.state.logTime(now)) return;
    this.#lapsing = true;
    this.#c.propose({ kind: "lapse" }, now + DUTY_TIMEOUT_MS, () => {
      this.#lapsing = false;
    });
  }

  #vote(now: Millis): void {
    const { options, raft, state } = this.#c;
    this.#voteAt = Number.POSITIVE_INFINITY;
    if (!this.#c.votes) return;
    const verdicts = state.verdicts(options.self);
    if (verdicts.length === 0) this.#votes.clear();
    for (const { proposalId, vote, reason, from } of verdicts) {
      const at =
        this.#votes.get(proposalId) ??
        (this.#votes.has(proposalId) ? null : now + Math.max(0, from - raft.state.log.lastAt));
      this.#votes.set(proposalId, at);
      if (at === null) continue;
      if (at > now) {
        this.#voteAt = Math.min(this.#voteAt, at);
        continue;
      }
      this.#votes.set(proposalId, null);
      const operation = { kind: "vote", proposalId, voter: options.self, vote, reason, byOperator: false } as const;
      this.#c.propose(operation, now + DUTY_TIMEOUT_MS, () => this.#votes.delete(proposalId));
    }
  }
}
