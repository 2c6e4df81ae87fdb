import { expect, test } from "vitest";
import { replicaOf } from "../consensus.test-helper.ts";
import { Progress } from "./progress.ts";
import { SnapshotTransfer } from "./snapshot-transfer.ts";

const progress = (next = 5) => new Progress(replicaOf("b"), next, 0);

test("RAFT-17: a probe waits for its answer, which turns it into a stream", () => {
  const one = progress();
  expect([one.mayAppend, one.next]).toEqual([true, 5]);
  one.sent(1, 10);
  expect([one.mayAppend, one.next]).toEqual([false, 5]);
  expect(one.acknowledged(5)).toBe(true);
  expect([one.mayAppend, one.next, one.match, one.state.kind]).toEqual([true, 6, 5, "replicate"]);
});

test("RAFT-17: a stream goes on unanswered up to 64 appends, or a mebibyte", () => {
  const many = progress();
  many.acknowledged(4);
  for (let i = 0; i < 64; i++) {
    expect(many.mayAppend).toBe(true);
    many.sent(2, 10);
  }
  expect([many.mayAppend, many.next]).toEqual([false, 133]);
  many.acknowledged(6);
  expect(many.mayAppend).toBe(true);
  const large = progress();
  large.acknowledged(4);
  large.sent(1, 1_048_576);
  expect(large.mayAppend).toBe(false);
});

test("RAFT-17: empty appends, and answers that come twice or late, change nothing", () => {
  const one = progress();
  one.acknowledged(4);
  one.sent(0, 0);
  one.sent(3, 9);
  expect(one.acknowledged(7)).toBe(true);
  expect(one.acknowledged(7)).toBe(false);
  expect(one.acknowledged(2)).toBe(false);
  expect([one.match, one.next, one.bytesInFlight]).toEqual([7, 8, 0]);
});

test("RAFT-17: it never goes back behind what is acknowledged", () => {
  const one = progress();
  one.acknowledged(7);
  one.sent(5, 50);
  one.backTo(3);
  expect([one.next, one.state.kind, one.bytesInFlight]).toEqual([8, "probe", 0]);
});

test("RAFT-33: a snapshot ends when as much is acknowledged, not before", () => {
  const one = progress();
  one.state = { kind: "snapshot", transfer: new SnapshotTransfer(9, 2, new Uint8Array(5)) };
  one.acknowledged(8);
  expect([one.mayAppend, one.state.kind]).toEqual([false, "snapshot"]);
  one.acknowledged(9);
  expect([one.next, one.state.kind]).toEqual([10, "replicate"]);
});

test("RAFT-17: what may be lost is sent again from what is acknowledged, and a probe from where it was", () => {
  const stream = progress();
  stream.acknowledged(7);
  stream.sent(3, 30);
  stream.lost();
  expect([stream.state.kind, stream.next, stream.mayAppend]).toEqual(["probe", 8, true]);
  const probe = progress();
  probe.sent(1, 10);
  probe.lost();
  expect([probe.next, probe.mayAppend]).toEqual([5, true]);
});
