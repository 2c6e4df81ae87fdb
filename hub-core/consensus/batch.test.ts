import { expect, test } from "vitest";
import { put } from "../state/strong/operations.test-helper.ts";
import { type Command, ENTRY_BYTES, encodeEntry } from "../wire/log.ts";
import { Batch, MAX_BATCH } from "./batch.ts";

const command = (value: string): Command => ({
  session: { hubId: "a", replica: 1, incarnation: 1, seq: 1, floor: 1 },
  idempotency: { key: "\u20ac".repeat(80), request: "r".repeat(128) },
  operation: put("\u20ac".repeat(170), value),
});

function filled(one: Command): readonly Command[] {
  const batch = new Batch();
  while (batch.add(one));
  return batch.commands;
}

test("RAFT-18: a batch ends by number", () => {
  expect(filled({ ...command("x"), idempotency: null, operation: { kind: "lapse" } })).toHaveLength(MAX_BATCH);
});

test.each([
  ["the largest values", "x".repeat(65_000)],
  ["values of three bytes a letter", "\u20ac".repeat(21_000)],
  ["middling values", "x".repeat(3_000)],
])("RAFT-18: a batch ends by bytes, and is an entry that fits: %s", (_, value) => {
  const commands = filled(command(value));
  expect(commands.length).toBeGreaterThan(0);
  expect(commands.length).toBeLessThan(MAX_BATCH);
  const bytes = encodeEntry({ term: 1, at: 1, body: { kind: "commands", commands } });
  expect(bytes.length).toBeLessThan(ENTRY_BYTES / 2);
});
