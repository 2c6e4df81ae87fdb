import { beforeEach, expect, test } from "vitest";
import type { Reply } from "../common/problem.ts";
import { briefly, inside } from "../state/strong/operations.test-helper.ts";
import { HubWorld, type WorldHub } from "./hub-world.test-helper.ts";
import type { Request } from "./requests.ts";

const PLANET: readonly WorldHub[] = [
  { id: "g", region: "east", tier: "global", parent: null },
  { id: "r-east", region: "east", tier: "regional", parent: "g" },
  { id: "l-east-1", region: "east", tier: "local", parent: "r-east" },
  { id: "l-east-2", region: "east", tier: "local", parent: "r-east" },
  { id: "r-west", region: "west", tier: "regional", parent: "g" },
];

let world: HubWorld;
let asked = 0;

beforeEach(() => {
  world = new HubWorld(PLANET);
  world.run(8_000);
});

function ask(hub: string, request: Request, within = 300): Reply | undefined {
  asked += 1;
  world.ask(hub, `${asked}`, request);
  world.run(within);
  return world.replies.get(`${asked}`) as Reply | undefined;
}

const ballot = (key: string, value: number) =>
  ({ kind: "proposal-create", proposalKind: "ballot", key, value, timeoutMs: 20_000 }) as const;

test("VOTE-10: every hub judges a ballot by itself, and all groups of a hub list what came of theirs", () => {
  const global = inside(ask("r-east", ballot("quota", 5)));
  expect(global).toMatchObject({ group: "global", state: "pending", proposer: "r-east", value: 5 });
  const regional = inside(ask("r-east", { ...ballot("quota", 6), group: "east" }));
  world.run(3_000);
  const listed = inside(ask("r-east", { kind: "proposal-list" })).proposals;
  expect(listed).toMatchObject([
    { proposal_id: regional.proposal_id, group: "east", state: "committed", value: 6 },
    { proposal_id: global.proposal_id, group: "global", state: "committed", value: 5 },
  ]);
  expect(listed[0].votes.every((cast: { by: string; vote: string }) => cast.by === "hub" && cast.vote === "yes")).toBe(
    true,
  );
  expect(inside(ask("r-west", { kind: "proposal-list", state: "decided" })).proposals).toMatchObject([
    { group: "global" },
  ]);
  expect(inside(ask("l-east-1", { kind: "proposal-get", proposalId: regional.proposal_id }))).toEqual(listed[0]);
  const { voters } = inside(ask("r-east", { kind: "vote-statistics" }));
  const yes = voters
    .filter((voter: { yes: number }) => voter.yes > 0)
    .map((v: { group: string; hub_id: string }) => `${v.group} ${v.hub_id}`);
  expect(new Set(yes.map((name: string) => name.split(" ")[0]))).toEqual(new Set(["global", "east"]));
  expect(inside(ask("g", { kind: "state-get", group: "global", key: "quota", consistency: "stale" })).value).toBe(5);
});

test("VOTE-8: an operator speaks for the hub asked, in its time before the hubs judge, and the first vote stands", () => {
  const { proposal_id: proposalId } = inside(ask("g", ballot("quota", 5), 100));
  const no = { kind: "proposal-vote", proposalId, vote: "no", reason: "not now" } as const;
  expect(inside(ask("r-east", no, 100)).votes).toMatchObject([
    { hub_id: "r-east", vote: "no", by: "operator", reason: "not now" },
  ]);
  expect(briefly(ask("r-east", { ...no, vote: "yes" }, 100))).toBe("409 already_voted");
  expect(inside(ask("r-west", no, 100))).toMatchObject({ state: "rejected", reason: "outvoted" });
  expect(briefly(ask("g", no, 100))).toBe("409 already_decided");
  expect(briefly(ask("g", { kind: "state-get", group: "global", key: "quota", consistency: "stale" }))).toBe(
    "404 key_unknown",
  );
});

test("SESS-5: a retry at another hub of the group with the same Idempotency-Key gets the first answer", () => {
  const put = { kind: "state-put", group: "global", key: "k", value: { a: 1 }, idempotencyKey: "once" } as const;
  const first = ask("r-east", put);
  expect(first).toMatchObject({
    status: 201,
    value: { key: "k", version: 1, revision: 1, group: "global", value: { a: 1 } },
  });
  expect(ask("r-west", put)).toEqual(first);
  expect(briefly(ask("g", { ...put, value: 2 }))).toBe("422 idempotency_key_reused");
  const proposed = ask("r-west", { ...ballot("quota", 5), idempotencyKey: "b" }, 200);
  world.run(3_000);
  expect(ask("r-east", { ...ballot("quota", 5), idempotencyKey: "b" })).toEqual(proposed);
});

test("STRONG-8: what a lease holds is gone when its time is over, though nobody asks", () => {
  const { lease_id: lease } = inside(ask("r-east", { kind: "lease-grant", group: "global", ttlMs: 2_000 }));
  expect(inside(ask("r-west", { kind: "state-put", group: "global", key: "lock", value: 1, lease }))).toMatchObject({
    lease,
  });
  world.run(3_000);
  for (const hub of ["g", "r-east", "r-west"]) {
    expect(briefly(ask(hub, { kind: "state-get", group: "global", key: "lock", consistency: "stale" }))).toBe(
      "404 key_unknown",
    );
  }
});
