import { beforeEach, expect, test } from "vitest";
import type { HubId, Json } from "../../common/types.ts";
import type { Hub } from "../hub.ts";
import { HubWorld } from "../hub-world.test-helper.ts";
import { maxOpen } from "./keys.ts";

let world: HubWorld;
let asked = 0;

beforeEach(() => {
  world = new HubWorld([
    { id: "g", region: "west", tier: "global", parent: null },
    { id: "r-west", region: "west", tier: "regional", parent: "g" },
    { id: "l-west", region: "west", tier: "local", parent: "r-west" },
    { id: "r-east", region: "east", tier: "regional", parent: "g" },
    { id: "l-east", region: "east", tier: "local", parent: "r-east" },
    { id: "r-south", region: "south", tier: "regional", parent: "g" },
  ]);
  world.run(5_000);
});

const hub = (id: HubId): Hub => world.hubs.get(id) as Hub;
const stateOf = (seenBy: HubId, id: HubId) => hub(seenBy).registry.catalog.hub(id)?.state;
const votersOf = (seenBy: HubId) => hub(seenBy).agreement.status(world.now).groups.global?.voters ?? [];

type Answer = { ok: boolean; value?: Record<string, Json>; problem?: { status: number; code: string; detail: string } };

function ask(at: HubId, request: object): Answer {
  asked += 1;
  world.ask(at, `asked ${asked}`, request as never);
  world.run(100);
  return world.replies.get(`asked ${asked}`) as Answer;
}

/** A ballot, and how it stands once every voter has had its time. */
function decide(key: string, value: Json, at: HubId = "g"): Record<string, Json> {
  const opened = ask(at, { kind: "proposal-create", proposalKind: "ballot", key, value });
  world.run(4_000);
  return ask(at, { kind: "proposal-get", proposalId: opened.value?.proposal_id }).value ?? {};
}

test("DECIDE-1: what the federation decides about itself is written by a ballot of the global group and in no other way", () => {
  const removal = { key: "mpreg/regions/east", value: { state: "removed" } };
  expect(ask("g", { kind: "state-put", group: "global", ...removal }).problem).toMatchObject({ code: "key_reserved" });
  expect(ask("g", { kind: "state-delete", group: "global", key: removal.key }).problem).toMatchObject({
    code: "key_reserved",
  });
  const write = { kind: "proposal-create", proposalKind: "write", ...removal };
  expect(ask("g", write).problem).toMatchObject({ code: "key_reserved" });
  const elsewhere = { kind: "proposal-create", proposalKind: "ballot", group: "east", ...removal };
  expect(ask("r-east", elsewhere).problem).toMatchObject({ code: "key_reserved" });
  expect(stateOf("g", "r-east")).toBe("alive");
});

test.each([
  ["mpreg/regions/east", { state: "gone" }, "state"],
  ["mpreg/regions/no such", { state: "removed" }, "does not name a region"],
  ["mpreg/config", { gossip: { interval: -1 } }, "gossip.interval"],
  ["mpreg/config", { membership: { probe_interval: 1 } }, "membership"],
  ["mpreg/other", 1, "no decision named"],
])("DECIDE-1: %s = %j is no decision, and is refused before any vote", (key, value, why) => {
  const { problem } = ask("g", { kind: "proposal-create", proposalKind: "ballot", key, value });
  expect(problem).toMatchObject({ status: 400, code: "invalid_decision" });
  expect(problem?.detail).toContain(why);
});

test("DECIDE-8: about a region that nobody knows nothing is put to the vote, and the regions that there are are told", () => {
  for (const state of ["removed", "active"]) {
    const mars = { kind: "proposal-create", proposalKind: "ballot", key: "mpreg/regions/mars", value: { state } };
    expect(ask("r-west", mars).problem).toMatchObject({
      status: 422,
      code: "region_unknown",
      extra: { regions: ["east", "south", "west"] },
    });
  }
  expect(ask("g", { kind: "proposal-list" }).value?.proposals).toEqual([]);
});

test("DECIDE-8: a region that only an earlier decision names is known, too", () => {
  const decided = { key: "mpreg/regions/mars", value: '{"state":"removed"}', expect: null, fence: null, lease: null };
  hub("g")
    .agreement.of("global")
    ?.propose({ kind: "put", ...decided }, world.now + 10_000, () => undefined);
  world.run(5_000);
  expect(decide("mpreg/regions/mars", { state: "active" })).toMatchObject({ state: "committed" });
});

test("DECIDE-2: a region with clusters in service is not removed, unless that is forced", () => {
  const cluster = {
    clusterId: "c",
    endpoints: [{ url: "https://c.example" }],
    services: [{ name: "search" }],
    healthCheck: { url: "https://c.example/health" },
  };
  ask("l-east", { kind: "cluster-register", cluster, assigned: true });
  world.run(6_000);
  const refused = decide("mpreg/regions/east", { state: "removed" });
  expect(refused).toMatchObject({ state: "rejected" });
  expect(JSON.stringify(refused.votes)).toContain("drain or remove them first");
  expect(stateOf("g", "r-east")).toBe("alive");
  expect(decide("mpreg/regions/east", { state: "removed", force: true })).toMatchObject({ state: "committed" });
});

test("DECIDE-3: the hubs of a removed region are members and voters no more, left for all others, and well at home", () => {
  expect(votersOf("g")).toContain("r-east");
  expect(decide("mpreg/regions/east", { state: "removed" })).toMatchObject({ state: "committed" });
  world.run(10_000);
  for (const id of ["g", "r-west", "l-west", "r-south"]) {
    for (const gone of ["r-east", "l-east"]) expect(stateOf(id, gone), `${gone} for ${id}`).toBe("left");
    expect(hub(id).links.connected("r-east"), id).toBe(false);
  }
  expect(votersOf("g")).not.toContain("r-east");
  expect(stateOf("r-east", "l-east")).toBe("alive");
  expect(ask("l-east", { kind: "state-put", group: "east", key: "k", value: 1 }).ok).toBe(true);
});

test("DECIDE-4: a region that is active again joins by itself", () => {
  decide("mpreg/regions/east", { state: "removed" });
  world.run(30_000);
  expect(decide("mpreg/regions/east", { state: "active" })).toMatchObject({ state: "committed" });
  world.run(60_000);
  for (const id of ["g", "l-west", "r-south"]) {
    for (const back of ["r-east", "l-east"]) expect(stateOf(id, back), `${back} for ${id}`).toBe("alive");
  }
  expect(votersOf("g")).toContain("r-east");
});

test("DECIDE-5 and DECIDE-6: the agreed configuration stands over that of the file on every hub, local ones too, until it is agreed on no more", () => {
  const before = hub("l-east").config.registry.rampUpMs;
  decide("mpreg/config", { registry: { ramp_up: 3 }, consensus: { threshold: 0.8 } });
  for (const [id, { config }] of world.hubs) expect(config.registry.rampUpMs, id).toBe(3_000);
  expect(hub("g").agreement.status(world.now).groups.global).toMatchObject({ threshold: 0.8, required_votes: 4 });
  decide("mpreg/config", {});
  for (const [id, { config }] of world.hubs) expect(config.registry.rampUpMs, id).toBe(before);
});

test("DECIDE-7: when as many proposals are open as may be, the federation can still decide about itself, and any may be withdrawn", () => {
  decide("mpreg/config", { limits: { max_consensus_proposals: 2 } });
  const ballot = (key: string, value: Json = 1) =>
    ask("g", { kind: "proposal-create", proposalKind: "ballot", key, value, threshold: 1 });
  const open = [ballot("a"), ballot("b")];
  expect(open.map(({ ok }) => ok)).toEqual([true, true]);
  expect(ballot("c").problem).toMatchObject({ status: 429, code: "too_many_proposals" });
  expect(ballot("mpreg/regions/east", { state: "removed" }).ok).toBe(true);
  expect(ask("r-west", { kind: "proposal-withdraw", proposalId: open[0]?.value?.proposal_id }).value).toMatchObject({
    state: "rejected",
    reason: "withdrawn",
    value: 1,
  });
  expect(ask("r-west", { kind: "proposal-withdraw", proposalId: open[0]?.value?.proposal_id }).problem).toMatchObject({
    code: "already_decided",
  });
});

test("DECIDE-7: what is set aside for decisions is set aside of the most that a group can hold, too", () => {
  expect(maxOpen("k", 100)).toBe(100);
  expect(maxOpen("mpreg/config", 100)).toBe(116);
  expect(maxOpen("k", 10_000)).toBe(9_984);
});
