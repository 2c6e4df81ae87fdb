import { beforeEach, expect, test } from "vitest";
import type { Reply } from "../common/problem.ts";
import type { EventualValue } from "../state/index.ts";
import type { Hub } from "./hub.ts";
import { HubWorld, storedAfter, type WorldHub } from "./hub-world.test-helper.ts";
import { statusOf } from "./status.ts";

const PLANET: readonly WorldHub[] = [
  { id: "g", region: "east", tier: "global", parent: null },
  { id: "r-east", region: "east", tier: "regional", parent: "g" },
  { id: "l-east-1", region: "east", tier: "local", parent: "r-east" },
  { id: "r-west", region: "west", tier: "regional", parent: "g" },
  { id: "l-west-1", region: "west", tier: "local", parent: "r-west" },
];

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld(PLANET);
  world.run(5_000);
});

const hub = (id: string): Hub => world.hubs.get(id) as Hub;
const everywhere = (key: string): unknown[] => PLANET.map(({ id }) => hub(id).eventual.read(key)?.value);

function count(at: string, id: string, idempotencyKey?: string, by = 1): Reply<EventualValue> {
  world.ask(at, id, {
    kind: "state-eventual-put",
    key: "hits",
    op: { type: "counter", op: "increment", by },
    idempotencyKey,
  });
  world.run(500);
  return world.replies.get(id) as Reply<EventualValue>;
}

test("STATE-10: what one local hub writes every hub of the federation reads, moments later", () => {
  count("l-east-1", "1");
  count("l-west-1", "2");
  expect(everywhere("hits")).toEqual(PLANET.map(() => 2));
  const status = statusOf(hub("g"), world.now) as { state: unknown; limits: Record<string, unknown> };
  expect(status.state).toMatchObject({ keys: 1, removed_keys: 0, conflicts_open: 0, clock: { refused: 0 } });
  expect(status.limits).toMatchObject({
    state_keys: { used: 1, max: 1_000 },
    state_conflicts: { used: 0, max: 1_000 },
    state_records: { used: 2, max: 20_000 },
  });
});

test("STATE-24: a counter is raised once for each Idempotency-Key, also across a restart", () => {
  expect(count("l-east-1", "1", "key-1")).toMatchObject({ ok: true, status: 201, value: { value: 1 } });
  expect(count("l-east-1", "2", "key-1")).toMatchObject({ ok: true, status: 201, value: { value: 1 } });
  expect(count("l-east-1", "3", "key-1", 2)).toMatchObject({
    problem: { status: 422, code: "idempotency_key_reused" },
  });
  expect(count("l-east-1", "4", "key-2")).toMatchObject({ ok: true, status: 200, value: { value: 2 } });
  const effects = world.trace.filter((step) => step.hub === "l-east-1").flatMap((step) => step.effects);
  world.boot("l-east-1", storedAfter(effects));
  expect(count("l-east-1", "5", "key-1")).toMatchObject({ ok: true, status: 201, value: { value: 1 } });
  world.run(20_000);
  expect(everywhere("hits")).toEqual(PLANET.map(() => 2));
});

test("STATE-18: a hub that lost its storage hears from its peers what it had counted, and counts on", () => {
  count("l-west-1", "1", undefined, 5);
  const nothing = storedAfter([]);
  world.boot("l-west-1", nothing, 99);
  world.run(40_000);
  count("l-west-1", "2");
  world.run(5_000);
  expect(everywhere("hits")).toEqual(PLANET.map(() => 6));
});

test("STATE-20: a removed key leaves nothing behind at any hub, once all have heard of it", () => {
  count("l-east-1", "1");
  count("r-west", "2");
  world.ask("l-west-1", "3", { kind: "state-eventual-delete", key: "hits" });
  world.run(1_000);
  expect(everywhere("hits")).toEqual(PLANET.map(() => undefined));
  expect(hub("g").eventual.status(world.now).removed_keys).toBe(1);
  world.run(120_000);
  expect(PLANET.map(({ id }) => hub(id).eventual.status(world.now).removed_keys)).toEqual(PLANET.map(() => 0));
});
