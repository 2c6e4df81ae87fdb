/** Proposals and votes counted a second time, from the log alone: who may vote and how many it takes is fixed when one is opened. */
import type { Reply } from "../../../hub-core/common/problem.ts";
import type { GroupId, HubId, Millis } from "../../../hub-core/common/types.ts";
import type { GroupState } from "../../../hub-core/consensus/index.ts";
import type { Command, Configuration } from "../../../hub-core/wire/log.ts";
import { Violation } from "../failure.ts";
import { commitVotes, halvesOf } from "./quorums.ts";

interface Ballot {
  readonly halves: readonly ReadonlySet<HubId>[];
  readonly threshold: number;
  readonly expiresAt: Millis;
  readonly votes: Map<HubId, "yes" | "no">;
  verdict: "pending" | "agreed" | "outvoted" | "expired";
}

export interface Standing {
  readonly proposal_id: string;
  readonly state: string;
  readonly reason?: string;
  readonly votes: readonly { readonly hub_id: HubId; readonly vote: string }[];
}

export class BallotBox {
  readonly #group: GroupId;
  readonly #state: GroupState;
  readonly #ballots = new Map<string, Ballot>();
  readonly #open = new Set<string>();

  constructor(group: GroupId, state: GroupState) {
    this.#group = group;
    this.#state = state;
  }

  get ids(): readonly string[] {
    return [...this.#ballots.keys()];
  }

  has(id: string): boolean {
    return this.#ballots.has(id);
  }

  passed(at: Millis): void {
    for (const id of this.#open) {
      const ballot = this.#ballots.get(id) as Ballot;
      if (ballot.expiresAt > at) continue;
      this.#settle(id, ballot, "expired");
      this.#compare(id);
    }
  }

  ran(
    { operation, session }: Command,
    reply: Reply,
    { at, configuration }: { at: Millis; configuration: Configuration },
  ): void {
    if (operation.kind === "propose" && reply.ok) {
      const halves = halvesOf(configuration).map((voters) => new Set(voters.map(({ hubId }) => hubId)));
      const threshold = Math.max(operation.threshold, configuration.threshold);
      const expiresAt = at + operation.timeoutMs;
      const ballot: Ballot = { halves, threshold, expiresAt, votes: new Map(), verdict: "pending" };
      this.#ballots.set(operation.proposalId, ballot);
      this.#open.add(operation.proposalId);
      // The commit of the log is as good as its votes, where no more of them are asked for.
      const byCommit = halves.every(
        ({ size }) => commitVotes(size, threshold) <= commitVotes(size, configuration.threshold),
      );
      if (operation.kindOfProposal === "write" && byCommit) this.#settle(operation.proposalId, ballot, "agreed");
      this.#compare(operation.proposalId);
    }
    if (operation.kind !== "vote") return;
    const { proposalId, voter, vote } = operation;
    const ballot = this.#ballots.get(proposalId);
    if (ballot?.verdict === "pending" && voter === session.hubId && ballot.halves.some((half) => half.has(voter))) {
      if (!ballot.votes.has(voter)) ballot.votes.set(voter, vote);
      this.#count(proposalId, ballot);
    }
    if (ballot) this.#compare(proposalId);
  }

  /** What a hub says of a proposal, against the count. Throws when it is another. */
  compare(standing: Standing, who: string): void {
    const ballot = this.#ballots.get(standing.proposal_id);
    if (!ballot)
      throw new Violation(
        "ballot-count",
        `${who} knows ${standing.proposal_id}, which is not in the log of ${this.#group}`,
      );
    const { state, reason, votes } = standing;
    // Agreed, it is written, if its precondition still holds.
    const verdict =
      state === "committed" || (state === "rejected" && reason !== "outvoted")
        ? "agreed"
        : state === "rejected"
          ? "outvoted"
          : state;
    const counted = [...ballot.votes].map(([voter, vote]) => `${voter} ${vote}`).join();
    const told = votes.map(({ hub_id, vote }) => `${hub_id} ${vote}`).join();
    if (verdict !== ballot.verdict || counted !== told)
      throw new Violation(
        "ballot-count",
        `${who} takes ${standing.proposal_id} for ${state} by [${told}]; by the log of ${this.#group} it is ${ballot.verdict} by [${counted}]`,
      );
  }

  #compare(id: string): void {
    const reply = this.#state.proposal(id);
    if (reply.ok) this.compare(reply.value as Standing, "the replayed log");
  }

  #count(id: string, ballot: Ballot): void {
    const verdicts = ballot.halves.map((half) => {
      const needed = commitVotes(half.size, ballot.threshold);
      const said = (wanted: string): number => [...half].filter((voter) => ballot.votes.get(voter) === wanted).length;
      if (said("yes") >= needed) return "agreed";
      return half.size - said("no") < needed ? "outvoted" : "pending";
    });
    if (verdicts.includes("outvoted")) this.#settle(id, ballot, "outvoted");
    else if (verdicts.every((verdict) => verdict === "agreed")) this.#settle(id, ballot, "agreed");
  }

  #settle(id: string, ballot: Ballot, verdict: Ballot["verdict"]): void {
    ballot.verdict = verdict;
    this.#open.delete(id);
  }
}
