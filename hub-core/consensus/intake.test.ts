import { expect, test } from "vitest";
import type { Command } from "../wire/log.ts";
import { Batch, MAX_BATCH } from "./batch.ts";
import { Intake, MAX_QUEUED, MAX_REFUSED } from "./intake.ts";

const command = (seq: number, hubId = "b", incarnation = 1): Command => ({
  session: { hubId, replica: 1, incarnation, seq, floor: 1 },
  idempotency: null,
  operation: { kind: "lapse" },
});

function intakeOf(term = 3): Intake {
  const intake = new Intake();
  intake.begin(term);
  return intake;
}

function taken(intake: Intake): number[] {
  const batch = new Batch();
  intake.fill(batch);
  return batch.commands.map(({ session }) => session.seq);
}

test("RAFT-54: what comes again is taken once, queued or in the log, until it is applied", () => {
  const intake = intakeOf();
  expect([intake.offer(command(1)), intake.offer(command(2)), intake.offer(command(1))]).toEqual([true, true, true]);
  expect(taken(intake)).toEqual([1, 2]);
  expect([intake.offer(command(1)), intake.queued, intake.hasTaken(command(1).session)]).toEqual([true, 0, true]);
  intake.applied(command(1).session);
  expect(intake.hasTaken(command(1).session)).toBe(false);
});

test("RAFT-53: what was refused is refused for the rest of the term, and not in the next", () => {
  const intake = intakeOf();
  intake.refuse(command(1).session);
  expect([intake.offer(command(1)), intake.offer(command(2)), intake.offer(command(1, "b", 2))]).toEqual([
    false,
    true,
    true,
  ]);
  intake.begin(3);
  expect(intake.offer(command(1))).toBe(false);
  intake.begin(4);
  expect([intake.queued, intake.offer(command(1))]).toEqual([0, true]);
});

test("RAFT-53: of many refusals the oldest stand for all before them of their hub", () => {
  const intake = intakeOf();
  for (let seq = 1; seq <= MAX_REFUSED + 10; seq++) intake.refuse(command(2 * seq).session);
  for (const seq of [1, 2, 3, 20, 22, 2 * MAX_REFUSED + 20]) expect(intake.offer(command(seq)), `${seq}`).toBe(false);
  expect([intake.offer(command(23)), intake.offer(command(1, "c")), intake.offer(command(1, "b", 2))]).toEqual([
    true,
    true,
    true,
  ]);
});

test("RAFT-55: as many wait as may; there is room again when some are taken", () => {
  const intake = intakeOf();
  for (let seq = 1; seq <= MAX_QUEUED; seq++) expect(intake.offer(command(seq))).toBe(true);
  expect(intake.offer(command(9_999))).toBe(false);
  expect(taken(intake)).toHaveLength(MAX_BATCH);
  expect(intake.offer(command(9_999))).toBe(true);
});

test("RAFT-54: when leadership ends nothing is kept: who forwarded it hands it to the next", () => {
  const intake = intakeOf();
  intake.offer(command(1));
  intake.clear();
  expect([intake.queued, intake.hasTaken(command(1).session)]).toEqual([0, false]);
});
