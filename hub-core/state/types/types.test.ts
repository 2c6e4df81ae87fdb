import { expect, test } from "vitest";
import type { Dot } from "../clocks/dot.ts";
import { add, elements, remove } from "./add-wins-set.ts";
import { canonical } from "./canonical-json.ts";
import { fields, fieldType, removeField } from "./field-map.ts";
import { EMPTY, isDead, join, type KeyState } from "./key-state.ts";
import { removeAll, typesIn } from "./key-type.ts";
import { clear, count, total } from "./pn-counter.ts";
import { assign, versions } from "./register.ts";

const dot = (actor: string, stamp: number): Dot => ({ actor, stamp });
const after = (state: KeyState, delta: KeyState | null): KeyState => join(state, delta as KeyState);
const values = (state: KeyState, slot: "lww" | "mv"): string[] => versions(state, slot).map(({ value }) => value);

test("STATE-4: a write takes the place of what it saw, and stands beside what it did not see", () => {
  const one = after(EMPTY, assign(EMPTY, "mv", "", "1", dot("a", 1)));
  const here = after(one, assign(one, "mv", "", "2", dot("a", 2)));
  const there = after(one, assign(one, "mv", "", "3", dot("b", 2)));
  expect(values(here, "mv")).toEqual(["2"]);
  const both = join(here, there);
  expect(values(both, "mv")).toEqual(["2", "3"]);
  expect(values(after(both, assign(both, "mv", "", "4", dot("c", 3))), "mv")).toEqual(["4"]);
});

test("STATE-4: the last of concurrent versions is that of the highest stamp, and of equal stamps that of the higher actor", () => {
  const writes = [dot("a", 5), dot("c", 4), dot("b", 5)].map((d) => assign(EMPTY, "lww", "", d.actor, d));
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ];
  for (const order of orders) {
    const state = order.reduce((sum, i) => join(sum, writes[i] as KeyState), EMPTY);
    expect(values(state, "lww").at(-1)).toBe("b");
  }
});

test("STATE-5: a counter is the sum of what every actor added and took, counted once however often it comes", () => {
  const here = count(EMPTY, "", 5, dot("a", 1)) as KeyState;
  const there = count(EMPTY, "", -2, dot("b", 1)) as KeyState;
  const both = [here, there, here, there].reduce(join, EMPTY);
  expect(total(both)).toBe(3);
  expect(total(after(both, count(both, "", 4, dot("a", 2))))).toBe(7);
});

test("STATE-5: a counter that was removed has forgotten what the removal saw, and keeps what was counted meanwhile", () => {
  const five = count(EMPTY, "", 5, dot("a", 1)) as KeyState;
  const gone = after(five, clear(five, "", dot("b", 2)));
  expect(total(gone)).toBeNull();
  const six = after(five, count(five, "", 1, dot("a", 2)));
  expect(total(join(gone, six))).toBe(1);
  expect(total(join(five, gone))).toBeNull();
});

test("STATE-5: a sum that would not be exact any more is refused", () => {
  const most = count(EMPTY, "", Number.MAX_SAFE_INTEGER, dot("a", 1)) as KeyState;
  expect(count(most, "", 1, dot("a", 2))).toBeNull();
});

test("STATE-6: a removal takes the adds that it saw, and a concurrent add wins", () => {
  const added = add(EMPTY, "set", "", ["1"], [dot("a", 1)]);
  const removed = after(added, remove(added, "set", "", ["1"], dot("b", 2)));
  expect(elements(join(added, removed), "set")).toEqual([]);
  const again = after(added, add(added, "set", "", ["1"], [dot("a", 2)]));
  expect(elements(join(again, removed), "set")).toEqual(["1"]);
});

test("STATE-6: an element that two hubs added is gone when a removal saw both, and stays when it saw one", () => {
  const here = add(EMPTY, "set", "", ["1"], [dot("a", 1)]);
  const both = join(here, add(EMPTY, "set", "", ["1"], [dot("b", 1)]));
  expect(elements(join(both, remove(here, "set", "", ["1"], dot("a", 2))), "set")).toEqual(["1"]);
  expect(elements(join(both, remove(both, "set", "", ["1"], dot("a", 2))), "set")).toEqual([]);
});

test("STATE-7: fields of a map are values, counters or sets; a removed field keeps what was written meanwhile", () => {
  let map = after(EMPTY, assign(EMPTY, "field", "name", '"x"', dot("a", 1)));
  map = after(map, count(map, "visits", 2, dot("a", 2)));
  map = after(map, add(map, "field-set", "tags", ['"t"'], [dot("a", 3)]));
  expect(fields(map)).toEqual(["name", "tags", "visits"]);
  expect(fields(map).map((field) => fieldType(map, field))).toEqual(["register", "set", "counter"]);
  const removed = fields(map).reduce(
    (state, field, i) => after(state, removeField(state, field, dot("b", 4 + i))),
    map,
  );
  expect(fields(removed)).toEqual([]);
  const meanwhile = after(map, count(map, "visits", 1, dot("a", 4)));
  expect(total(join(removed, meanwhile), "visits")).toBe(1);
});

test("STATE-8: a key that hubs made of two types at once shows the same one everywhere, and the other when that is removed", () => {
  const set = add(EMPTY, "set", "", ["1"], [dot("a", 1)]);
  const counter = count(EMPTY, "", 1, dot("b", 1)) as KeyState;
  const both = join(set, counter);
  expect(typesIn(both)).toEqual(["set", "counter"]);
  expect(typesIn(join(counter, set))).toEqual(["set", "counter"]);
  expect(typesIn(after(both, remove(both, "set", "", ["1"], dot("a", 2))))).toEqual(["counter"]);
});

test("STATE-8: removing a key removes all that was seen of it, of every type", () => {
  const parts = [
    assign(EMPTY, "lww", "", "1", dot("a", 1)),
    assign(EMPTY, "mv", "", "1", dot("a", 2)),
    add(EMPTY, "set", "", ["1"], [dot("a", 3)]),
    assign(EMPTY, "field", "f", "1", dot("a", 4)),
    count(EMPTY, "", 1, dot("a", 5)) as KeyState,
    count(EMPTY, "g", 1, dot("a", 6)) as KeyState,
  ];
  const all = parts.reduce(join, EMPTY);
  expect(isDead(all)).toBe(false);
  const gone = after(all, removeAll(all, dot("b", 7)));
  expect(isDead(gone)).toBe(true);
  expect(parts.map((part) => isDead(join(gone, part)))).toEqual(parts.map(() => true));
});

test("STATE-6: equal values are equal elements, however their objects were written", () => {
  expect(canonical({ b: [1, { d: null, c: "x" }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
});
