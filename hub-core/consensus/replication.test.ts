import { expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import { settledGroup } from "./group.test-helper.ts";
import type { Stage } from "./stage.test-helper.ts";

/** This many entries, of this many bytes each. */
function write(stage: Stage, at: HubId, entries: number, bytes = 10): void {
  for (let i = 0; i < entries; i++) {
    const name = stage.put(at, `k${i % 50}`, "x".repeat(bytes));
    stage.runUntil(() => stage.replies.has(name));
  }
}

const logOf = (stage: Stage, id: HubId) => stage.of(id).raft.state.log;

test("RAFT-32: past a mebibyte, and past the size of its last snapshot, a log gives way to a snapshot", () => {
  const { stage, leader } = settledGroup(["a", "b", "c"]);
  write(stage, leader, 15, 60_000);
  expect(logOf(stage, leader).snapshotIndex).toBe(0);
  write(stage, leader, 10, 60_000);
  stage.run(100);
  for (const id of ["a", "b", "c"]) {
    expect(logOf(stage, id).snapshotIndex, id).toBeGreaterThan(15);
    expect(logOf(stage, id).bytes, id).toBeLessThan(1_200_000);
    expect(stage.player(id).disk.entries.size).toBe(logOf(stage, id).length);
  }
});

test("RAFT-32: past 2,000 entries; a follower that is being fed holds it up, for a while", () => {
  const { stage, leader, others } = settledGroup(["a"]);
  expect(others).toEqual([]);
  write(stage, leader, 2_050);
  expect(logOf(stage, leader).snapshotIndex).toBeGreaterThan(1_990);

  const three = settledGroup(["a", "b", "c"]);
  const [slow = ""] = three.others;
  // It is there, and nothing of what it is sent arrives.
  three.stage.lose = (_from, to, { kind }) => to === slow && kind === "raft-append";
  write(three.stage, three.leader, 20, 60_000);
  expect(logOf(three.stage, three.leader).snapshotIndex).toBe(0);
  write(three.stage, three.leader, 60, 60_000);
  expect(logOf(three.stage, three.leader).snapshotIndex).toBeGreaterThan(40);
});

test("RAFT-35, RAFT-19: a hub that crashes at any step has on its disk what it was, and goes on from there", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const [victim = ""] = others;
  for (let i = 0; i < 60; i++) {
    const name = stage.put(leader, `k${i}`, "x".repeat(30_000));
    stage.run(i % 13);
    const { term, votedFor } = stage.of(victim).raft.state;
    const { lastIndex, lastTerm, snapshotIndex } = logOf(stage, victim);
    stage.stop(victim);
    stage.start(victim);
    const again = stage.of(victim).raft.state;
    expect([again.term, again.votedFor, again.log.lastIndex, again.log.lastTerm, again.log.snapshotIndex]).toEqual([
      term,
      votedFor,
      lastIndex,
      lastTerm,
      snapshotIndex,
    ]);
    stage.runUntil(() => stage.replies.has(name));
  }
  stage.run(3_000);
  expect(stage.of(victim).state.hash).toBe(stage.of(leader).state.hash);
});

test("RAFT-34: the state that a snapshot brought is the state of who sent it", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const [away = ""] = others;
  stage.stop(away);
  stage.judge(away, "failed");
  write(stage, leader, 40, 60_000);
  stage.judge(away, "alive");
  stage.start(away);
  const wanted = () => stage.of(away).replication.applied === stage.of(leader).replication.applied;
  expect(stage.runUntil(wanted, 10_000)).toBe(true);
  expect(logOf(stage, away).snapshotIndex).toBeGreaterThan(10);
  expect(stage.of(away).state.hash).toBe(stage.of(leader).state.hash);
  stage.stop(away);
  stage.start(away);
  stage.run(500);
  expect(stage.of(away).state.hash).toBe(stage.of(leader).state.hash);
});

test("RAFT-34: a snapshot of a version that this software does not read leaves it where it was", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const [away = ""] = others;
  stage.stop(away);
  stage.judge(away, "failed");
  const { state } = stage.of(leader);
  const encode = state.encode.bind(state);
  state.encode = () => {
    const bytes = encode();
    bytes[0] = 99;
    return bytes;
  };
  write(stage, leader, 40, 60_000);
  stage.judge(away, "alive");
  stage.start(away);
  stage.run(3_000);
  expect([stage.of(away).replication.applied, logOf(stage, away).snapshotIndex]).toEqual([0, 0]);
  expect(stage.lines.some((line) => line.includes("consensus_snapshot_unreadable"))).toBe(true);
});
