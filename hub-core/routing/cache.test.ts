import { expect, test } from "vitest";
import { BoundedCache } from "./cache.ts";

test("ROUTE-13: the entry longest unused goes first", () => {
  const cache = new BoundedCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  expect(cache.get("a")).toBe(1);
  cache.set("c", 3);
  expect(cache.get("b")).toBeUndefined();
  expect([cache.get("a"), cache.get("c"), cache.size]).toEqual([1, 3, 2]);
});

test("ROUTE-13: weight is bounded as well, and what is heavier than all of it is not kept", () => {
  const cache = new BoundedCache<number>(10, 5);
  cache.set("a", 1, 3);
  cache.set("b", 2, 3);
  expect([cache.get("a"), cache.get("b"), cache.weight]).toEqual([undefined, 2, 3]);
  cache.set("c", 3, 6);
  expect([cache.get("b"), cache.get("c"), cache.weight]).toEqual([2, undefined, 3]);
});
