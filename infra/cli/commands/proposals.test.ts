import { expect, test } from "vitest";
import { testEdge } from "./edge.test-helper.ts";

const edge = testEdge();
const BALLOT = {
  proposal_id: "ballot-1",
  group: "global",
  proposer: "global-hub",
  kind: "ballot",
  key: "config/a",
  value: 1,
  state: "pending",
  threshold: 0.6,
  required_votes: 2,
  voters: ["a", "b", "c"],
  votes: [{ hub_id: "a", vote: "yes", reason: "fine", at: "2026-01-01T00:00:01.000Z", by: "operator" }],
  created_at: "2026-01-01T00:00:00.000Z",
  expires_at: "2026-01-01T00:01:00.000Z",
};

test("without a word the proposals are listed", async () => {
  edge.says = () => [200, { proposals: [BALLOT], next_cursor: null }];
  const { out } = await edge.run("proposals", "--state", "active");
  expect(edge.asked[0]?.url).toBe("/api/consensus/proposals?state=active");
  expect(out).toMatch(/^PROPOSAL +GROUP .*\nballot-1 +global .*config\/a .*pending +1\/2/);
  edge.says = () => [200, { proposals: [], next_cursor: null }];
  expect((await edge.run("proposals", "list")).out).toBe("no proposals\n");
  expect(JSON.parse((await edge.run("proposals", "--json")).out)).toEqual({ proposals: [], next_cursor: null });
});

test("one is shown with its votes and their reasons", async () => {
  edge.says = () => [200, BALLOT];
  const { out } = await edge.run("proposals", "show", "ballot-1");
  expect(edge.asked[0]?.url).toBe("/api/consensus/proposals/ballot-1");
  expect(out).toContain("ballot-1 in global is pending, 1 of 2 votes, until 2026-01-01T00:01:00.000Z");
  expect(out).toMatch(/^a +yes .*fine$/m);
});

test("creating says all that was said, how it stands, and how to vote", async () => {
  edge.says = () => [202, BALLOT];
  const flags = ["--ballot", "--threshold", "0.75", "--timeout", "60000", "--group", "eu-west", "--if-version", "4"];
  const { out } = await edge.run("proposals", "create", "config/a", '{"n":1}', ...flags);
  expect(edge.asked[0]).toMatchObject({ method: "POST", url: "/api/consensus/proposals" });
  expect(edge.asked[0]?.body).toEqual({
    kind: "ballot",
    key: "config/a",
    value: { n: 1 },
    group: "eu-west",
    threshold: 0.75,
    timeout_ms: 60_000,
    expect: { version: 4 },
  });
  expect(out).toContain("vote on it: npx mpreg proposals vote ballot-1 yes --as HUB");
});

test("a proposal that is rejected at once is no success", async () => {
  edge.says = () => [201, { ...BALLOT, kind: "write", state: "rejected", reason: "version_mismatch" }];
  const { out } = await edge.run("proposals", "create", "k", "word", "--if-absent");
  expect(edge.asked[0]?.body).toEqual({ kind: "write", key: "k", value: "word", expect: { version: 0 } });
  expect(out).toBe("ballot-1 in global is rejected: version_mismatch\n");
  expect(process.exitCode).toBe(1);
});

test("a vote is given for the hub that is named", async () => {
  edge.says = () => [200, { ...BALLOT, state: "committed", index: 7 }];
  const { out } = await edge.run("proposals", "vote", "ballot-1", "no", "--as", "hub-b", "--reason", "too risky");
  expect(edge.asked[0]).toMatchObject({
    url: "/hubs/hub-b/api/consensus/proposals/ballot-1/votes",
    body: { vote: "no", reason: "too risky" },
  });
  expect(out).toBe("ballot-1 in global is committed, index 7\n");
  await edge.run("proposals", "vote", "ballot-1", "yes");
  expect(edge.asked[1]?.url).toBe("/api/consensus/proposals/ballot-1/votes");
});

test("one that is pending is withdrawn", async () => {
  edge.says = () => [200, { ...BALLOT, state: "rejected", reason: "withdrawn" }];
  const { out } = await edge.run("proposals", "withdraw", "ballot-1", "--idempotency-key", "once");
  expect(edge.asked[0]).toMatchObject({ method: "DELETE", url: "/api/consensus/proposals/ballot-1" });
  expect(edge.asked[0]?.headers["idempotency-key"]).toBe("once");
  expect(out).toBe("ballot-1 in global is rejected: withdrawn\n");
});

test.each([
  [["vote", "p", "maybe"], "yes or no"],
  [["create", "k", "1", "--threshold", "75"], "--threshold 75"],
  [["create", "k", "1", "--timeout", "soon"], "--timeout soon"],
  [["create", "k", "1", "--if-absent", "--if-version", "1"], "exclude"],
])("mpreg proposals %j is refused before anything is asked", async (args, reason) => {
  const { error } = await edge.run("proposals", ...args);
  expect({ code: error?.exitCode, message: error?.message }).toEqual({
    code: 2,
    message: expect.stringContaining(reason),
  });
  expect(edge.asked).toEqual([]);
});

test("who is not allowed to vote is told so", async () => {
  edge.says = () => [403, { status: 403, code: "not_a_voter", detail: "its voters are a, b, c" }];
  const { error } = await edge.run("proposals", "vote", "p", "yes", "--as", "x");
  expect(error).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("403 not_a_voter: its voters are a, b, c"),
  });
});
