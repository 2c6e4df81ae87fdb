import { expect, test } from "vitest";
import type { Reply } from "../../common/problem.ts";
import type { Json } from "../../common/types.ts";
import type { EventualOp } from "../requests.ts";
import { MAX_ELEMENTS, MAX_SIBLINGS, MAX_VALUE_BYTES } from "./limits.ts";
import { StateWorld } from "./world.test-helper.ts";

const outcome = (reply: Reply): string =>
  reply.ok
    ? `${reply.status} ${JSON.stringify((reply.value as { value: unknown }).value)}`
    : `${reply.problem.status} ${reply.problem.code}`;
const set = (value: string | number): EventualOp => ({ type: "lww", op: "set", value });
const mv = (value: string, context?: string): EventualOp => ({
  type: "mv",
  op: "set",
  value,
  ...(context === undefined ? {} : { context }),
});

test("STATE-10: a write is applied where it is asked for, at once, and read there", () => {
  const world = new StateWorld(["a"]);
  expect(outcome(world.put("a", "x", set("hello")))).toBe('201 "hello"');
  expect(outcome(world.put("a", "x", set("again")))).toBe('200 "again"');
  expect(outcome(world.count("a", "n", 3))).toBe("201 3");
  expect(outcome(world.count("a", "n", -5))).toBe("200 -2");
  expect(outcome(world.add("a", "s", "p", "q"))).toBe('201 ["p","q"]');
  expect(outcome(world.put("a", "s", { type: "set", op: "remove", value: "p" }))).toBe('200 ["q"]');
  expect(outcome(world.put("a", "m", { type: "map", op: "put", field: "f", value: 1 }))).toBe('201 {"f":1}');
  const nested: EventualOp = { type: "map", op: "update", field: "g", update: { type: "counter", op: "increment" } };
  expect(outcome(world.put("a", "m", nested))).toBe('200 {"f":1,"g":1}');
  expect(outcome(world.put("a", "m", { type: "map", op: "remove", field: "f" }))).toBe('200 {"g":1}');
  expect(outcome(world.put("a", "v", mv("1")))).toBe('201 "1"');
  expect(outcome(world.remove("a", "n"))).toBe("200 null");
  expect(outcome(world.remove("a", "n"))).toBe("404 key_unknown");
  expect(outcome(world.ask("a", { kind: "state-eventual-get", key: "n" }))).toBe("404 key_unknown");
  expect(outcome(world.count("a", "n", 1))).toBe("201 1");
});

test("STATE-10: hubs that have heard the same read the same value, version and revision; each write raises the revision", () => {
  const world = new StateWorld(["a", "b", "c"]);
  world.add("a", "s", "p");
  world.add("b", "s", "q");
  world.spread((rumors) => rumors.reverse());
  world.add("c", "s", "r");
  const before = world.read("a", "s");
  world.spread();
  const [a, b, c] = ["a", "b", "c"].map((id) => world.read(id, "s"));
  expect(a).toEqual(b);
  expect(a).toEqual(c);
  expect(a?.value).toEqual(["p", "q", "r"]);
  expect(a?.revision).toBeGreaterThan(before?.revision ?? Number.NaN);
  expect(a?.version).not.toBe(before?.version);
});

test("STATE-11: what a hub says covers what it said before, and is no longer than what it knows", () => {
  const world = new StateWorld(["a", "b"]);
  const names = Array.from({ length: 200 }, (_, i) => `element-${i}`);
  world.add("a", "s", ...names);
  world.spread();
  const size = (id: string): number =>
    JSON.stringify([...world.node(id).records.values()].filter(({ origin }) => origin === id)).length;
  world.add("b", "s", "one more");
  expect(size("b")).toBeLessThan(size("a") / 10);
  world.put("b", "s", { type: "set", op: "remove", values: names.slice(1) });
  expect(size("b")).toBeLessThan(size("a") / 10);
  world.spread();
  expect(world.values("s")).toEqual([
    ["element-0", "one more"],
    ["element-0", "one more"],
  ]);
});

test("STATE-12: a write of another type than the key has is refused, until the key is removed", () => {
  const world = new StateWorld(["a"]);
  world.add("a", "x", "p");
  expect(outcome(world.count("a", "x", 1))).toBe("409 type_mismatch");
  world.put("a", "m", { type: "map", op: "put", field: "f", value: 1 });
  const nested: EventualOp = { type: "map", op: "update", field: "f", update: { type: "set", op: "add", value: 1 } };
  expect(outcome(world.put("a", "m", nested))).toBe("409 type_mismatch");
  world.remove("a", "x");
  expect(outcome(world.count("a", "x", 1))).toBe("201 1");
});

test.each([
  ["", "400 key_invalid"],
  ["k".repeat(257), "400 key_invalid"],
  ["\ud800", "400 key_invalid"],
  ["mpreg/x", "403 key_reserved"],
  ["agreed/x", "409 consensus_required"],
  ["a/b/ü", "201 1"],
])("STATE-12: a write of the key %j is answered with %s", (key, answer) => {
  const world = new StateWorld(["a"], { strategies: [{ prefix: "agreed/", strategy: "consensus_required" }] });
  expect(outcome(world.count("a", key, 1))).toBe(answer);
});

test.each([
  {},
  null,
  { type: "lww", op: "set" },
  { type: "counter", op: "increment", by: 0.5 },
  { type: "counter", op: "increment", by: -1 },
  { type: "set", op: "add" },
  { type: "lww", op: "set", value: [1, { a: Number.POSITIVE_INFINITY }] },
  { type: "map", op: "put", field: "", value: 1 },
  { type: "mv", op: "set", value: 1, context: "nonsense" },
  { type: "lww", op: "set", value: JSON.parse("[".repeat(100) + "]".repeat(100)) },
])("STATE-12: %j is no operation, and changes nothing", (op) => {
  const world = new StateWorld(["a"]);
  expect(outcome(world.put("a", "x", op as EventualOp))).toBe("400 invalid_op");
  expect(world.read("a", "x")).toBeUndefined();
});

test("STATE-26: a value is read as it was written, whatever the names in it", () => {
  const world = new StateWorld(["a", "b"]);
  const value = JSON.parse('{"__proto__":5,"a":2,"constructor":{"__proto__":{"x":1}}}') as Json;
  const read = '{"__proto__":5,"a":2,"constructor":{"__proto__":{"x":1}}}';
  expect(outcome(world.put("a", "x", { type: "lww", op: "set", value }))).toBe(`201 ${read}`);
  expect(outcome(world.put("a", "v", { type: "mv", op: "set", value }))).toBe(`201 ${read}`);
  expect(outcome(world.put("a", "s", { type: "set", op: "add", values: [value] }))).toBe(`201 [${read}]`);
  const field: EventualOp = { type: "map", op: "put", field: "__proto__", value };
  expect(outcome(world.put("a", "m", field))).toBe(`201 {"__proto__":${read}}`);
  world.spread();
  expect(JSON.stringify(world.read("b", "x")?.value)).toBe(read);
});

test("STATE-13: concurrent writes are settled as the prefix says, alike at every hub", () => {
  const world = new StateWorld(["a", "b"], {
    strategies: [
      { prefix: "first/", strategy: "first_write_wins" },
      { prefix: "merge/", strategy: "merge" },
      { prefix: "all/", strategy: "multi_value" },
      { prefix: "last/", strategy: "last_write_wins" },
    ],
  });
  world.node("b").skewMs = 5;
  for (const prefix of ["first", "merge", "all", "last", "none"]) {
    world.put("a", `${prefix}/x`, { type: "lww", op: "set", value: { a: 1, both: { x: 1, y: 1 } } });
    world.put("b", `${prefix}/x`, { type: "lww", op: "set", value: { b: 2, both: { y: 2 } } });
  }
  world.spread();
  const [earlier, later] = [
    { a: 1, both: { x: 1, y: 1 } },
    { b: 2, both: { y: 2 } },
  ];
  expect(world.values("first/x")).toEqual([earlier, earlier]);
  expect(world.values("merge/x")).toEqual(Array(2).fill({ a: 1, b: 2, both: { x: 1, y: 2 } }));
  expect(world.values("all/x")).toEqual([later, later]);
  expect(world.read("a", "all/x")?.siblings).toEqual([later, earlier]);
  expect(world.values("last/x")).toEqual([later, later]);
  expect(world.values("none/x")).toEqual([later, later]);
  expect(outcome(world.put("a", "first/x", set(1)))).toBe("409 already_written");
});

test("STATE-14: a write with a context takes the place of what its reader saw, and of nothing else", () => {
  const world = new StateWorld(["a", "b"]);
  world.put("a", "x", mv("1"));
  world.put("b", "x", mv("2"));
  world.spread();
  const seen = world.read("a", "x");
  expect([...(seen?.siblings ?? [])].sort()).toEqual(["1", "2"]);
  world.put("b", "x", mv("3"));
  expect(world.read("b", "x")?.siblings).toBeUndefined();
  world.put("a", "x", mv("4", seen?.context));
  world.spread();
  expect([...(world.read("a", "x")?.siblings ?? [])].sort()).toEqual(["3", "4"]);
  world.put("a", "x", mv("5", seen?.context));
  expect(world.read("a", "x")?.siblings).toHaveLength(3);
  world.put("a", "x", mv("6", world.read("a", "x")?.context));
  world.spread();
  expect(world.values("x")).toEqual(["6", "6"]);
  expect(world.read("b", "x")?.siblings).toBeUndefined();
});

test("STATE-14: versions side by side have a limit, and a write with a context that settles some is taken at it", () => {
  const world = new StateWorld(["a"]);
  for (let i = 0; i < MAX_SIBLINGS; i++) expect(world.put("a", "x", mv(String(i), "")).ok).toBe(true);
  expect(outcome(world.put("a", "x", mv("more", "")))).toBe("409 too_many_siblings");
  expect(outcome(world.put("a", "x", mv("all", world.read("a", "x")?.context)))).toBe('200 "all"');
});

test("STATE-15: a conflict is recorded with all versions, their clocks and what settled it, and is resolved by a later write", () => {
  const world = new StateWorld(["a", "b"]);
  world.node("b").skewMs = 7;
  world.put("a", "x", set("one"));
  world.put("b", "x", set("two"));
  world.put("a", "alone", set("never a conflict"));
  world.spread();
  world.spread();
  const [conflict, ...others] = world.conflicts("a");
  expect(others).toEqual([]);
  expect(conflict).toMatchObject({ key: "x", type: "lww", strategy: "last_write_wins", resolved_at: null });
  expect(conflict?.versions.map(({ value, hub_id }) => [value, hub_id])).toEqual([
    ["two", "b"],
    ["one", "a"],
  ]);
  expect(conflict?.versions[0]?.written_at).toBe(new Date(world.now + 7).toISOString());
  expect(conflict?.settled_by).toBe(conflict?.versions[0]?.clock);
  expect(world.conflicts("b").map(({ versions }) => versions)).toEqual([conflict?.versions]);
  world.put("a", "x", set("three"));
  world.spread();
  expect(world.conflicts("b")[0]?.resolved_at).not.toBeNull();
  expect(world.node("a").state.status(world.now).conflicts_open).toBe(0);
});

test("STATE-15: conflicts are listed the latest first, in pages and by prefix, and the oldest give way", () => {
  const world = new StateWorld(["a", "b"], { maxKeys: 2_000 });
  for (let i = 0; i < 1_010; i++) {
    world.put("a", `k/${i}`, set("one"));
    world.put("b", `k/${i}`, set("two"));
  }
  world.spread();
  expect(world.node("a").state.limits().state_conflicts).toEqual({ used: 1_000, max: 1_000 });
  const page = (cursor?: string) => {
    const reply = world.ask("a", { kind: "state-conflicts", prefix: "k/", cursor, limit: 600 });
    return (reply.ok ? reply.value : null) as { conflicts: { conflict_id: string }[]; next_cursor: string | null };
  };
  const first = page();
  const second = page(first.next_cursor ?? undefined);
  expect([...first.conflicts, ...second.conflicts].map(({ conflict_id }) => Number(conflict_id))).toEqual(
    Array.from({ length: 1_000 }, (_, i) => 1_010 - i),
  );
  expect(second.next_cursor).toBeNull();
  expect(outcome(world.ask("a", { kind: "state-conflicts", cursor: "x" }))).toBe("400 cursor_invalid");
});

test("STATE-16: words whose clock runs ahead past the bound are refused, reported, and taken once our clock is near", () => {
  const world = new StateWorld(["a", "b"], { maxClockSkewMs: 10_000 });
  world.node("b").skewMs = 15_000;
  world.put("b", "x", set("from the future"));
  world.add("a", "s", "p");
  world.run(2_000);
  expect(world.read("a", "x")).toBeUndefined();
  expect(world.node("a").logs).toEqual(["state_clock_skew"]);
  expect(world.node("a").metrics.value("state_clock_skew_refused_total")).toBeGreaterThan(0);
  const { clock } = world.node("a").state.status(world.now);
  expect(clock).toMatchObject({ ahead_ms: 0, max_skew_ms: 10_000, last_refused: { hub_id: "b" } });
  expect(clock.last_refused?.ahead_ms).toBeGreaterThan(10_000);
  world.run(5_000);
  expect(world.values("x")).toEqual(["from the future", "from the future"]);
  expect(world.node("a").logs).toEqual(["state_clock_skew"]);
});

test("STATE-16: a hub whose clock went back does not write what others would refuse", () => {
  const world = new StateWorld(["a"], { maxClockSkewMs: 10_000 });
  world.node("a").skewMs = 60_000;
  world.put("a", "x", set(1));
  world.node("a").skewMs = 0;
  world.restart("a", "kept");
  const reply = world.put("a", "x", set(2));
  expect(outcome(reply)).toBe("503 clock_skew");
  world.run(51_000);
  expect(outcome(world.put("a", "x", set(2)))).toBe("200 2");
});

test("STATE-17: at each limit a write is refused with the limit, and what makes room is taken", () => {
  const world = new StateWorld(["a"], { maxKeys: 2 });
  world.count("a", "one", 1);
  world.add("a", "two", "p");
  expect(outcome(world.count("a", "three", 1))).toBe("507 capacity_exhausted");
  expect(outcome(world.put("a", "one", set("x".repeat(MAX_VALUE_BYTES))))).toBe("409 type_mismatch");
  world.remove("a", "one");
  expect(outcome(world.put("a", "one", set("x".repeat(MAX_VALUE_BYTES - 1))))).toBe("413 value_too_large");
  for (let i = 0; i < 24; i++) world.add("a", "two", `${i}${"x".repeat(1_000)}`);
  expect(outcome(world.add("a", "two", "y".repeat(1_000)))).toBe("507 capacity_exhausted");
  const removed = world.put("a", "two", { type: "set", op: "remove", values: ["p", `0${"x".repeat(1_000)}`] });
  expect(removed.ok).toBe(true);
  expect(world.add("a", "two", "y".repeat(900)).ok).toBe(true);
});

test("STATE-17: a set has only so many elements", () => {
  const world = new StateWorld(["a", "b", "c", "d"]);
  const names = Array.from({ length: MAX_ELEMENTS }, (_, i) => i.toString(36));
  for (const [i, id] of ["a", "b", "c", "d"].entries()) {
    for (let k = i * 1_024; k < (i + 1) * 1_024; k += 256) world.add(id, "s", ...names.slice(k, k + 256));
  }
  world.spread();
  expect(world.read("a", "s")?.value).toHaveLength(MAX_ELEMENTS);
  expect(outcome(world.add("a", "s", "one more"))).toBe("507 capacity_exhausted");
  expect(world.add("a", "s", names[0] as string).ok).toBe(true);
});

test("STATE-25: keys are listed by name, in pages, with their values, and without those that are removed", () => {
  const world = new StateWorld(["a"]);
  for (const key of ["b/2", "a/1", "b/1", "b/3"]) world.count("a", key, 1);
  world.remove("a", "b/2");
  const page = (cursor?: string) => {
    const reply = world.ask("a", { kind: "state-eventual-list", prefix: "b/", cursor, limit: 1 });
    return (reply.ok ? reply.value : null) as { keys: { key: string; value: unknown }[]; next_cursor: string | null };
  };
  expect(page().keys.map(({ key, value }) => [key, value])).toEqual([["b/1", 1]]);
  expect(page().next_cursor).toBe("b/1");
  expect(page("b/1").keys.map(({ key }) => key)).toEqual(["b/3"]);
  expect(page("b/1").next_cursor).toBeNull();
});
