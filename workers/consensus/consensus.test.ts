import { expect, test } from "vitest";
import { answered, refused } from "../../hub-core/common/problem.ts";
import { edgeWorld } from "../edge-world.test-helper.ts";

const world = edgeWorld();
const hubs = () => world.asked.map(({ hub }) => hub);
const unknownProposal = refused(404, "proposal_unknown", "no such proposal");
const proposal = (hub: string) => answered({ proposal_id: "p1", group: "g", from: hub });

const propose = (json: object, path = "/api/consensus/proposals", headers = {}) =>
  world.send(path, { method: "POST", json: { kind: "write", key: "k", value: 1, ...json }, headers });
const vote = (path: string, json: object = { vote: "yes" }) =>
  world.send(`${path}/api/consensus/proposals/p1/votes`, { method: "POST", json });

test("without a hub and a group a proposal is global, whichever hubs live here", async () => {
  world.says = () => answered({}, 201);
  expect((await propose({}, undefined, { "idempotency-key": "once" })).status).toBe(201);
  expect(world.asked).toEqual([
    {
      hub: "regional-us",
      question: {
        kind: "proposal-create",
        group: "global",
        proposalKind: "write",
        key: "k",
        value: 1,
        idempotencyKey: "once",
      },
    },
  ]);
});

test("all that a proposal may say reaches the hub of its group; pending is 202", async () => {
  world.says = () => answered({}, 202);
  const said = {
    group: "eu-west",
    kind: "ballot",
    value: null,
    expect: { version: 0 },
    threshold: 0.75,
    timeout_ms: 60_000,
  };
  expect((await propose(said)).status).toBe(202);
  expect(world.asked).toMatchObject([
    {
      hub: "regional-eu",
      question: {
        group: "eu-west",
        proposalKind: "ballot",
        value: null,
        expect: { version: 0 },
        threshold: 0.75,
        timeoutMs: 60_000,
      },
    },
  ]);
});

test("a hub that is named chooses the group itself", async () => {
  world.says = () => answered({}, 202);
  await propose({}, "/hubs/local-eu/api/consensus/proposals");
  expect(hubs()).toEqual(["local-eu"]);
  expect(world.asked[0]?.question).not.toHaveProperty("group");
});

test("too many proposals are 429, with when the first of them expires, and nobody else is asked", async () => {
  const extra = { limit: 100, frees_at: new Date(Date.now() + 60_000).toISOString() };
  world.says = () => refused(429, "too_many_proposals", "100 are open", extra);
  const response = await propose({});
  expect(Number(response.headers.get("retry-after"))).toBeCloseTo(60, -1);
  expect(await response.json()).toMatchObject({ status: 429, code: "too_many_proposals", limit: 100 });
  expect(hubs()).toEqual(["regional-us"]);
});

test("a proposal is waited for as long as it says, and some more", async () => {
  world.says = () => "silent";
  const started = Date.now();
  const json = { kind: "write", key: "k", value: 1, timeout_ms: 1_000 };
  const response = await world.sendAndWait("/api/consensus/proposals", { method: "POST", json });
  expect(response.status).toBe(504);
  expect(Date.now() - started).toBeLessThan(8_000);
  expect(new Set(world.asked.map(({ question }) => (question as { idempotencyKey: string }).idempotencyKey)).size).toBe(
    1,
  );
});

test.each([
  [{ kind: "vote" }, "kind"],
  [{ key: "" }, "key"],
  [{ key: "conflicts" }, "key"],
  [{ threshold: 0 }, "threshold"],
  [{ threshold: 1.1 }, "threshold"],
  [{ expect: 3 }, "expect"],
  [{ timeout_ms: 0 }, "timeout_ms"],
  [{ value: undefined }, "value"],
])("no proposal: %j", async (wrong, path) => {
  const response = await propose(wrong);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { errors: { path: string }[] }).errors[0]?.path).toBe(path);
});

test("a proposed value has the limit of a key's", async () => {
  expect(await (await propose({ value: "x".repeat(65_536) })).json()).toMatchObject({ status: 413, limit: 65_536 });
  expect(world.asked).toEqual([]);
});

test("status, lists and statistics come from the hub that is in most groups, or in the group that is named", async () => {
  await world.send("/api/consensus/status");
  await world.send("/api/consensus/proposals?state=active&limit=5&cursor=c");
  await world.send("/api/consensus/votes");
  await world.send("/api/consensus/proposals?group=eu-west");
  await world.send("/api/consensus/votes?group=eu-west");
  await world.send("/hubs/local-us/api/consensus/status");
  expect(world.asked.map(({ hub, question }) => [hub, question])).toEqual([
    ["regional-us", { kind: "consensus-status" }],
    ["regional-us", { kind: "proposal-list", state: "active", limit: 5, cursor: "c" }],
    ["regional-us", { kind: "vote-statistics" }],
    ["regional-eu", { kind: "proposal-list", group: "eu-west", limit: 100 }],
    ["regional-eu", { kind: "vote-statistics", group: "eu-west" }],
    ["local-us", { kind: "consensus-status" }],
  ]);
});

test("the status of one group is that of its members, and of a group that there is not it is none", async () => {
  world.says = () => answered({ groups: { global: { term: 1 }, "us-east": { term: 2 } } });
  const status = async (path: string) => (await world.send(path)).json();
  expect(await status("/api/consensus/status?group=us-east")).toEqual({ groups: { "us-east": { term: 2 } } });
  expect(await status("/api/consensus/status?group=mars")).toMatchObject({ status: 404, code: "group_unknown" });
  expect(await status("/hubs/regional-us/api/consensus/status?group=eu-west")).toMatchObject({
    status: 404,
    code: "group_unknown",
    groups: ["global", "us-east"],
  });
});

test("a proposal that nobody here knows is looked for in the other regions", async () => {
  world.says = (hub) => (hub === "regional-eu" ? proposal(hub) : unknownProposal);
  expect(await (await world.send("/api/consensus/proposals/p1")).json()).toMatchObject({ from: "regional-eu" });
  expect(hubs()).toEqual(["regional-us", "global-hub", "local-us", "regional-eu"]);
});

test("one that nobody knows is 404, with those that did not say", async () => {
  world.says = () => unknownProposal;
  expect(await (await world.send("/api/consensus/proposals/p1")).json()).toMatchObject({
    status: 404,
    code: "proposal_unknown",
    // Its edge is none of this world's.
    silent: ["regional-ap"],
  });
});

test("a named hub is asked alone for a proposal", async () => {
  world.says = () => unknownProposal;
  expect((await world.send("/hubs/local-us/api/consensus/proposals/p1")).status).toBe(404);
  expect(hubs()).toEqual(["local-us"]);
});

test("a vote reaches the hub that is named, in whatever region, and no other: not even one that it sends to", async () => {
  for (const hub of ["local-us", "regional-eu"]) {
    world.asked.length = 0;
    world.says = () => refused(403, "not_a_voter", "no vote in this group");
    expect(await (await vote(`/hubs/${hub}`, { vote: "no", reason: "too risky" })).json()).toMatchObject({
      status: 403,
    });
    expect(world.asked).toMatchObject([{ hub, question: { proposalId: "p1", vote: "no", reason: "too risky" } }]);
    world.asked.length = 0;
    world.says = () => refused(421, "redirect", "", { hub_id: "global-hub", region: "us-east" });
    expect((await vote(`/hubs/${hub}`)).status).toBe(421);
    expect(hubs()).toEqual([hub]);
    world.asked.length = 0;
    world.says = () => "dead";
    expect(await (await vote(`/hubs/${hub}`)).json()).toMatchObject({ status: 504, code: "outcome_unknown" });
    expect(hubs()).toEqual([hub]);
  }
});

test("without a name the nearest hub votes; one that does not know the proposal leaves it to the next, one that is dead does not", async () => {
  world.says = (hub) => (hub === "regional-us" ? proposal(hub) : unknownProposal);
  const response = await vote("");
  expect([response.status, response.headers.get("x-mpreg-hub")]).toEqual([200, "regional-us"]);
  expect(hubs()).toEqual(["local-us", "regional-us"]);
  world.asked.length = 0;
  world.says = (hub) => (hub === "local-us" ? "dead" : proposal(hub));
  expect((await vote("")).status).toBe(504);
  expect(hubs()).toEqual(["local-us"]);
});

test("a vote for no hub in particular gets past any number of hubs that do not know the proposal", async () => {
  world.localHubs = ["local-us-2", "local-us-3", "local-us-4"];
  world.says = (hub) => (hub.startsWith("local") ? unknownProposal : proposal(hub));
  const voted = await vote("");
  expect({ status: voted.status, hub: voted.headers.get("x-mpreg-hub") }).toEqual({ status: 200, hub: "regional-us" });
  expect(hubs()).toEqual(["local-us", "local-us-2", "local-us-3", "local-us-4", "regional-us"]);
});

const withdraw = (path = "", headers = {}) =>
  world.send(`${path}/api/consensus/proposals/p1`, { method: "DELETE", headers });

test("a proposal is withdrawn in its group, wherever that is, by an operator", async () => {
  world.says = (hub, { kind }) => {
    if (hub !== "regional-eu") return unknownProposal;
    return answered({
      proposal_id: "p1",
      group: "eu-west",
      key: "k",
      state: kind === "proposal-get" ? "pending" : "rejected",
    });
  };
  const response = await withdraw("", { "idempotency-key": "once" });
  expect(await response.json()).toMatchObject({ state: "rejected" });
  expect(world.asked.at(-1)).toEqual({
    hub: "regional-eu",
    question: { kind: "proposal-withdraw", proposalId: "p1", idempotencyKey: "once" },
  });
  expect((await world.send("/api/consensus/proposals/p1", { method: "DELETE", role: "viewer" })).status).toBe(403);
  world.says = () => unknownProposal;
  expect((await withdraw("/hubs/local-us")).status).toBe(404);
});

test("what the federation decides about itself only an admin withdraws", async () => {
  world.says = () => answered({ proposal_id: "p1", group: "global", key: "mpreg/config" });
  expect((await withdraw()).status).toBe(403);
  expect(world.asked.map(({ question }) => question.kind)).toEqual(["proposal-get"]);
});

test("what is decided already is 409", async () => {
  world.says = () => refused(409, "already_decided", "committed", { state: "committed" });
  expect(await (await vote("/hubs/global-hub")).json()).toMatchObject({ status: 409, code: "already_decided" });
});

test("reading takes the role viewer, proposing and voting operator", async () => {
  expect((await world.send("/api/consensus/status", { role: null })).status).toBe(401);
  expect((await world.send("/api/consensus/status", { role: "viewer" })).status).toBe(200);
  const json = { kind: "write", key: "k", value: 1 };
  expect((await world.send("/api/consensus/proposals", { method: "POST", json, role: "viewer" })).status).toBe(403);
  const ballot = { method: "POST", json: { vote: "yes" }, role: "viewer" } as const;
  expect((await world.send("/api/consensus/proposals/p1/votes", ballot)).status).toBe(403);
});
