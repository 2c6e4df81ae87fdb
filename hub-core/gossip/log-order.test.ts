import { expect, test } from "vitest";
import { LogOrder } from "./log-order.ts";

test("GOSSIP-24: in order, a rumor claims to follow the one before it, over holes in the numbers", () => {
  const order = new LogOrder();
  expect(order.previousOf("a", 5, 5)).toBeNull();
  order.passed("a", 5);
  expect(order.previousOf("a", 1_000, 1_000)).toBe(5);
  order.passed("a", 1_000);
  expect(order.previousOf("a", 1_001, 1_001)).toBe(1_000);
});

test("GOSSIP-24: out of order, or while something before it is missing, nothing is claimed", () => {
  const order = new LogOrder();
  order.passed("a", 5);
  expect(order.previousOf("a", 7, 5)).toBeNull();
  order.passed("a", 7);
  expect(order.previousOf("a", 6, 7)).toBeNull();
  order.passed("a", 6);
  expect(order.previousOf("a", 8, 8)).toBe(7);
});
