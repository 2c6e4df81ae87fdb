import { expect, test } from "vitest";
import { inside } from "../../state/strong/operations.test-helper.ts";
import { Log, propose, START, vote } from "../group-state.test-helper.ts";
import { listProposals, type ProposalPage } from "./proposal-answers.ts";

const iso = (after: number): string => new Date(START + after).toISOString();

test("VOTE-14: a proposal is told with the field names of the API", () => {
  const log = new Log();
  log.run(propose("p", { key: "k", value: "[1]", timeoutMs: 9_000 }), { hub: "b" });
  log.later(10).run(vote("p", "a", "no", { reason: "not today", byOperator: true }), { hub: "a" });
  const pending = {
    proposal_id: "p",
    group: "global",
    proposer: "b",
    kind: "ballot",
    key: "k",
    value: [1],
    state: "pending",
    threshold: 0.6,
    required_votes: 2,
    voters: ["a", "b", "c"],
    votes: [{ hub_id: "a", vote: "no", reason: "not today", at: iso(10), by: "operator" }],
    created_at: iso(0),
    expires_at: iso(9_000),
  };
  expect(inside(log.state.proposal("p"))).toStrictEqual(pending);
  log.later(10).run(vote("p", "b", "no"), { hub: "b" });
  expect(inside(log.state.proposal("p"))).toStrictEqual({
    ...pending,
    state: "rejected",
    votes: [...pending.votes, { hub_id: "b", vote: "no", at: iso(20), by: "hub" }],
    decided_at: iso(20),
    index: 3,
    reason: "outvoted",
  });
});

test("VOTE-14: proposals of all groups are listed the newest first, by state, in pages", () => {
  const [one, two] = [new Log(), new Log()];
  for (const id of ["a1", "a3", "a5"]) one.later(20).run(propose(id));
  for (const id of ["b2", "b4"]) two.later(25).run(propose(id));
  for (const hub of ["a", "b"]) one.run(vote("a3", hub, "yes"), { hub });
  const groups = [one, two].map(({ state }, i) => ({ group: `g${i}`, proposals: state.proposals }));
  const ids = (page: ProposalPage) => {
    const { proposals, next_cursor: next } = inside(listProposals(groups, page));
    return [proposals.map((p: { group: string; proposal_id: string }) => `${p.group} ${p.proposal_id}`), next] as const;
  };
  expect(ids({})).toEqual([["g0 a5", "g1 b4", "g0 a3", "g1 b2", "g0 a1"], null]);
  expect(ids({ state: "decided" })).toEqual([["g0 a3"], null]);
  const [first, cursor] = ids({ state: "active", limit: 3 });
  expect(first).toEqual(["g0 a5", "g1 b4", "g1 b2"]);
  one.later(100).run(propose("a9"));
  expect(ids({ state: "active", limit: 3, cursor })).toEqual([["g0 a1"], null]);
  expect(ids({ cursor: "nonsense" })).toEqual([[], null]);
});
