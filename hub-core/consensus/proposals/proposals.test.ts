import fc from "fast-check";
import { expect, test } from "vitest";
import { briefly, inside, put } from "../../state/strong/operations.test-helper.ts";
import { VALUE_BYTES } from "../../wire/log.ts";
import { configurationOf, freshState, Log, propose, START, vote } from "../group-state.test-helper.ts";
import { BALLOT_GRACE_MS, MAX_DECIDED, MAX_DECIDED_BYTES, MAX_PENDING_BYTES } from "../limits.ts";

const write = { kindOfProposal: "write" } as const;
const cast = (log: Log, id: string, hub: string, what: "yes" | "no", by = hub) =>
  log.run(vote(id, hub, what), { hub: by });
const stateOf = (log: Log, id: string): string => inside(log.state.proposal(id)).state;

test("VOTE-2: a write is decided by the entry that carries it", () => {
  const log = new Log();
  const reply = log.run(propose("p", { ...write, key: "k", value: "7" }));
  expect(reply).toMatchObject({ status: 201, value: { state: "committed", index: 1, required_votes: 2, votes: [] } });
  expect(inside(log.state.keyValues.get("k")).value).toBe(7);
  const refused = log.run(propose("q", { ...write, key: "k", expect: { version: 0 } }));
  expect(refused).toMatchObject({ status: 201, value: { state: "rejected", reason: "version_mismatch" } });
  expect(inside(log.state.keyValues.get("k")).value).toBe(7);
  expect(log.state.pending).toBe(0);
});

test("VOTE-3: a write that asks for more votes than a commit is worth is pending until it has them", () => {
  const log = new Log();
  expect(log.run(propose("more", { ...write, threshold: 1_000_000 }))).toMatchObject({
    status: 202,
    value: { required_votes: 3, threshold: 1 },
  });
  // Two of three, as the group's own threshold asks.
  expect(log.run(propose("no-more", { ...write, threshold: 650_000 }))).toMatchObject({ status: 201 });
  expect(log.run(propose("less", { ...write, threshold: 1 }))).toMatchObject({
    status: 201,
    value: { threshold: 0.6 },
  });
  for (const hub of ["a", "b"]) cast(log, "more", hub, "yes");
  expect(stateOf(log, "more")).toBe("pending");
  expect(briefly(log.state.keyValues.get("key-of-more"))).toBe("404 key_unknown");
  expect(inside(cast(log, "more", "c", "yes"))).toMatchObject({ state: "committed", index: 6 });
  expect(inside(log.state.keyValues.get("key-of-more")).value).toBe("agreed");
});

test("VOTE-4: voters and threshold are those in force where it was proposed", () => {
  const log = new Log();
  log.run(propose("p"), { hub: "learner" });
  log.configuration = configurationOf(["c", "d", "e", "f", "g"], { threshold: 1_000_000 });
  expect(briefly(cast(log, "p", "d", "yes"))).toBe("403 not_a_voter");
  cast(log, "p", "a", "yes");
  cast(log, "p", "b", "yes");
  expect(inside(log.state.proposal("p"))).toMatchObject({ state: "committed", proposer: "learner", threshold: 0.6 });
});

test("VOTE-4: in a joint configuration both halves must agree, and a voter of both counts in both", () => {
  const joint = configurationOf(["c", "d", "e"], { outgoing: ["a", "b", "c"] });
  const log = new Log({ configuration: joint });
  log.run(propose("p"));
  for (const hub of ["d", "e"]) cast(log, "p", hub, "yes");
  expect(stateOf(log, "p")).toBe("pending");
  cast(log, "p", "a", "yes");
  expect(stateOf(log, "p")).toBe("pending");
  expect(inside(cast(log, "p", "c", "yes"))).toMatchObject({
    state: "committed",
    joint: { voters: ["a", "b", "c"], required_votes: 2 },
  });
  log.run(propose("q"));
  for (const hub of ["a", "b"]) cast(log, "q", hub, "no");
  expect(stateOf(log, "q")).toBe("rejected");
});

test("VOTE-5: enough yes commits and writes, unless the precondition fell meanwhile", () => {
  const log = new Log();
  log.run(propose("p", { key: "k", expect: { version: 0 } }));
  log.run(propose("q", { key: "k", expect: { version: 0 } }));
  for (const id of ["p", "q"]) for (const hub of ["a", "b"]) cast(log, id, hub, "yes");
  expect(inside(log.state.proposal("p"))).toMatchObject({
    state: "committed",
    index: 4,
    decided_at: new Date(START).toISOString(),
  });
  expect(inside(log.state.proposal("q"))).toMatchObject({ state: "rejected", reason: "version_mismatch", index: 6 });
  expect(log.state.keyValues.revision).toBe(1);
});

test("VOTE-6: it is rejected as soon as yes can no longer get there", () => {
  const log = new Log({ configuration: configurationOf(["a", "b", "c", "d", "e"], { threshold: 800_000 }) });
  log.run(propose("p"));
  cast(log, "p", "a", "no");
  expect(stateOf(log, "p")).toBe("pending");
  expect(inside(cast(log, "p", "b", "no"))).toMatchObject({ state: "rejected", reason: "outvoted", required_votes: 4 });
  expect(briefly(log.state.keyValues.get("key-of-p"))).toBe("404 key_unknown");
});

test("VOTE-7: past its deadline in log time it expires, by a lapse or by any later entry, and no vote saves it", () => {
  const log = new Log();
  log.run(propose("p", { timeoutMs: 5_000 }));
  log.run(propose("q", { timeoutMs: 6_000 }));
  cast(log, "p", "a", "yes");
  expect(log.state.nextLapse()).toBe(START + 5_000);
  log.later(4_999).run({ kind: "lapse" });
  expect(stateOf(log, "p")).toBe("pending");
  expect(briefly(cast(log.later(1), "p", "b", "yes"))).toBe("409 already_decided");
  expect(inside(log.state.proposal("p"))).toMatchObject({
    state: "expired",
    index: 5,
    expires_at: new Date(START + 5_000).toISOString(),
    decided_at: new Date(START + 5_000).toISOString(),
  });
  expect(log.state.nextLapse()).toBe(START + 6_000);
  log.later(1_000).noop();
  expect(stateOf(log, "q")).toBe("expired");
  expect(log.state.nextLapse()).toBe(Number.POSITIVE_INFINITY);
});

test("VOTE-8: one vote for each voter of its electorate, its own, the first, before the decision", () => {
  const log = new Log();
  log.run(propose("p"));
  expect(briefly(cast(log, "nothing", "a", "yes"))).toBe("404 proposal_unknown");
  expect(briefly(cast(log, "p", "stranger", "yes"))).toBe("403 not_a_voter");
  expect(briefly(cast(log, "p", "b", "yes", "a"))).toBe("403 not_a_voter");
  expect(briefly(cast(log, "p", "a", "no"))).toBe("200");
  expect(cast(log, "p", "a", "yes")).toMatchObject({
    problem: { status: 409, code: "already_voted", extra: { vote: "no" } },
  });
  const again = cast(log.later(100), "p", "a", "no");
  expect(inside(again).votes).toEqual([{ hub_id: "a", vote: "no", at: new Date(START).toISOString(), by: "hub" }]);
  cast(log, "p", "b", "yes");
  cast(log, "p", "c", "yes");
  expect(stateOf(log, "p")).toBe("committed");
  expect(cast(log, "p", "a", "no")).toMatchObject({
    problem: { status: 409, code: "already_decided", extra: { state: "committed" } },
  });
  expect(briefly(cast(log, "p", "stranger", "yes"))).toBe("403 not_a_voter");
});

test("VOTE-9: in whatever order and however often the same votes come, every replica comes to the same one end", () => {
  const votes = fc.tuple(
    ...["a", "b", "c", "d", "e"].map((hub) =>
      fc.record({ hub: fc.constant(hub), what: fc.constantFrom("yes" as const, "no" as const) }),
    ),
  );
  fc.assert(
    fc.property(
      votes.chain((all) =>
        fc.tuple(fc.shuffledSubarray(all, { minLength: 5 }), fc.array(fc.constantFrom(...all), { maxLength: 5 })),
      ),
      fc.constantFrom(0, 700_000, 1_000_000),
      ([all, copies], threshold) => {
        const log = new Log({ configuration: configurationOf(["a", "b", "c", "d", "e"], { threshold }) });
        log.run(propose("p"));
        const seen = new Set<string>();
        for (const { hub, what } of [...all.slice(0, 3), ...copies, ...all.slice(3)]) {
          cast(log, "p", hub, what);
          seen.add(stateOf(log, "p"));
        }
        const yes = all.filter(({ what }) => what === "yes").length;
        const end = yes >= inside(log.state.proposal("p")).required_votes ? "committed" : "rejected";
        expect(stateOf(log, "p")).toBe(end);
        expect([...seen].filter((state) => state !== "pending")).toEqual([end]);
        expect(log.state.keyValues.revision).toBe(end === "committed" ? 1 : 0);
      },
    ),
  );
});

test("VOTE-10: a hub says no at once, with the reason, and yes to a ballot after operators had their time", () => {
  const log = new Log();
  log.run(put("k", 1));
  log.run(propose("good"));
  log.run(propose("stale", { key: "k", expect: { version: 0 } }));
  log.run(propose("invalid", { key: "mpreg/config", value: "3" }));
  log.run(propose("write", { ...write, threshold: 1_000_000 }));
  expect(log.state.verdicts("a")).toEqual([
    { proposalId: "good", vote: "yes", reason: null, from: START + BALLOT_GRACE_MS },
    { proposalId: "stale", vote: "no", reason: '"k" is not at the expected version', from: START },
    { proposalId: "invalid", vote: "no", reason: "mpreg/config takes an object", from: START },
    { proposalId: "write", vote: "yes", reason: null, from: START },
  ]);
  expect(log.state.verdicts("stranger")).toEqual([]);
  for (const { proposalId, vote: what, reason } of log.state.verdicts("a"))
    log.run(vote(proposalId, "a", what, { reason }));
  expect(log.state.verdicts("a")).toEqual([]);
  expect(log.state.verdicts("b")).toHaveLength(4);
});

test("VOTE-11: no more are pending than the proposer allows, and decided ones make room", () => {
  const log = new Log();
  for (const id of ["p1", "p2"]) expect(briefly(log.run(propose(id, { maxPending: 2 })))).toBe("202");
  expect(log.run(propose("p3", { maxPending: 2 }))).toMatchObject({
    problem: {
      status: 429,
      code: "too_many_proposals",
      extra: { limits: { proposals: { used: 2, max: 2 } }, frees_at: new Date(START + 10_000).toISOString() },
    },
  });
  expect(briefly(log.run(propose("w", { ...write, maxPending: 2 })))).toBe("201");
  expect(briefly(log.run(propose("p1", { maxPending: 9 })))).toBe("409 proposal_exists");
  for (const hub of ["a", "b"]) cast(log, "p1", hub, "no");
  expect(briefly(log.run(propose("p3", { maxPending: 2 })))).toBe("202");
  expect(log.state.pending).toBe(2);
  expect(briefly(log.run(propose("p4", { value: "{" })))).toBe("400 invalid_value");
});

test("VOTE-11: pending proposals have a bound in bytes as well", () => {
  const log = new Log();
  const value = JSON.stringify("x".repeat(VALUE_BYTES - 2));
  const taken = Array.from({ length: 200 }, (_, i) => log.run(propose(`p${i}`, { value, maxPending: 1_000 }))).filter(
    ({ ok }) => ok,
  );
  expect(taken.length).toBe(Math.floor(MAX_PENDING_BYTES / (VALUE_BYTES + 9)));
  expect(log.state.encode().length).toBeLessThan(1.2 * MAX_PENDING_BYTES);
});

test("VOTE-16: what is pending may be withdrawn, once; what is decided may not", () => {
  const log = new Log();
  for (const id of ["p", "q"]) log.run(propose(id, { maxPending: 2 }));
  cast(log, "p", "a", "yes");
  expect(briefly(log.run({ kind: "withdraw", proposalId: "nothing" }))).toBe("404 proposal_unknown");
  const reply = log.later(50).run({ kind: "withdraw", proposalId: "p" }, { hub: "stranger", key: "once" });
  expect(inside(reply)).toMatchObject({
    state: "rejected",
    reason: "withdrawn",
    decided_at: new Date(START + 50).toISOString(),
    index: 5,
    votes: [{ hub_id: "a" }],
  });
  // Who had not voted had no time to.
  expect(log.state.proposals.statistics.answers("global").map(({ hub_id, missed }) => [hub_id, missed])).toEqual([
    ["a", 0],
  ]);
  expect(log.state.pending).toBe(1);
  expect(log.run({ kind: "withdraw", proposalId: "p" }, { hub: "stranger", key: "once" })).toEqual(reply);
  expect(log.run({ kind: "withdraw", proposalId: "p" })).toMatchObject({
    problem: { status: 409, code: "already_decided", extra: { state: "rejected" } },
  });
  expect(briefly(cast(log, "p", "b", "yes"))).toBe("409 already_decided");
  expect(briefly(log.run(propose("r", { maxPending: 2 })))).toBe("202");
  for (const hub of ["a", "b"]) cast(log, "q", hub, "yes");
  expect(log.run({ kind: "withdraw", proposalId: "q" })).toMatchObject({
    problem: { code: "already_decided", extra: { state: "committed" } },
  });
  expect(log.state.verdicts("a").map(({ proposalId }) => proposalId)).toEqual(["r"]);
  expect(log.state.nextLapse()).toBe(START + 50 + 10_000);
  const other = freshState();
  other.restore(log.state.encode());
  expect(other.proposal("p")).toEqual(log.state.proposal("p"));
  expect(other.pending).toBe(1);
});

test("VOTE-12: the latest decided proposals are kept, within a bound in number and bytes", () => {
  const log = new Log();
  for (let i = 0; i < MAX_DECIDED + 5; i++) log.run(propose(`p${i}`, { ...write, key: "k" }));
  expect(log.state.usage().decided_proposals).toEqual({ used: MAX_DECIDED, max: MAX_DECIDED });
  expect(briefly(log.state.proposal("p4"))).toBe("404 proposal_unknown");
  expect(briefly(log.state.proposal("p5"))).toBe("200");
  const value = JSON.stringify("x".repeat(VALUE_BYTES - 2));
  for (let i = 0; i < 100; i++) log.run(propose(`large${i}`, { ...write, key: "k", value }));
  expect(log.state.usage().decided_proposals.used).toBe(Math.floor(MAX_DECIDED_BYTES / (VALUE_BYTES + 1)));
});

test("VOTE-13: what is kept as a reply has no value, and is given it back while the proposal is kept", () => {
  const log = new Log();
  const reply = log.run(propose("p", { value: '{"large":true}' }));
  expect(inside(reply)).not.toHaveProperty("value");
  expect(inside(log.state.withValue(reply)).value).toEqual({ large: true });
  const other = freshState();
  other.restore(log.state.encode());
  expect(other.withValue(reply)).toEqual(log.state.withValue(reply));
  const plain = log.run(put("k", 1));
  expect(log.state.withValue(plain)).toBe(plain);
});
