import { expect, test } from "vitest";
import type { Reply } from "../common/problem.ts";
import { briefly, put } from "../state/strong/operations.test-helper.ts";
import { decodeEntry, type Entry, encodeEntry, type Operation, VALUE_BYTES } from "../wire/log.ts";
import { Batch } from "./batch.ts";
import { configurationOf, freshState, propose, START } from "./group-state.test-helper.ts";
import { Writers } from "./writers.ts";

function submitted(operation: Operation) {
  const writers = new Writers("global", "a", 1, 1);
  const replies: Reply[] = [];
  writers.submit({ operation, idempotency: null, deadline: START + 1_000, finish: (reply) => replies.push(reply) });
  const batch = new Batch();
  writers.fill(batch, 1);
  return { commands: batch.commands, replies, waiting: writers.waiting };
}

test.each([
  ["half a surrogate pair in a key", put("\ud800", 1)],
  ["half a surrogate pair in a proposal", propose("p", { key: "\udfff", kindOfProposal: "write" })],
  ["a part of a millisecond", propose("p", { timeoutMs: 1_000.4 })],
  ["a lease of a part of a millisecond", { kind: "lease-grant", lease: "l", ttlMs: 2_000.5 }],
] as const)("SESS-7: the hub that made a command applies what the others read: %s", (_, operation) => {
  const entry: Entry = { term: 1, at: START, body: { kind: "commands", commands: submitted(operation).commands } };
  const context = { index: 1, term: 1, at: START, configuration: configurationOf(["a"]) };
  const [here, there] = [freshState(), freshState()];
  const replies = here.apply(entry, context);
  expect(replies).toHaveLength(1);
  expect(there.apply(decodeEntry(encodeEntry(entry)) as Entry, context)).toStrictEqual(replies);
  expect(there.encode()).toEqual(here.encode());
  expect(there.keyValues.list({ prefix: "" })).toEqual(here.keyValues.list({ prefix: "" }));
  expect(there.nextLapse()).toBe(here.nextLapse());
});

test("SESS-7: a command that does not fit is refused before it is one", () => {
  const { replies, waiting } = submitted(put("k", "x".repeat(VALUE_BYTES)));
  expect(replies.map(briefly)).toEqual(["413 too_large"]);
  expect(waiting).toBe(0);
});
