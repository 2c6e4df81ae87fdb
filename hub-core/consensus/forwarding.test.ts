import { expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import { briefly } from "../state/strong/operations.test-helper.ts";
import type { MessageOf } from "../wire/messages.ts";
import { settledGroup } from "./group.test-helper.ts";
import type { Stage } from "./stage.test-helper.ts";

const FIVE = ["a", "b", "c", "d", "e"];
const replyOf = (stage: Stage, name: string) => briefly(stage.replies.get(name));
const count = (stage: Stage, what: string) => stage.lines.filter((line) => line.includes(what)).length;

/** Only this hub takes the others for gone. */
function doubtsAt(stage: Stage, at: HubId, whom: readonly HubId[], doubted = true): void {
  for (const id of whom) stage.step(at, (consensus, out) => consensus.doubt(id, doubted, stage.now, out));
}

test("RAFT-53: with four of seven, and five required, a write is refused at once, at the leader and through a follower", () => {
  const { stage, leader, others } = settledGroup([...FIVE, "f", "g"], { threshold: 0.7 });
  const gone = others.slice(-3);
  stage.stop(...gone);
  for (const id of gone) stage.judge(id, "failed");
  const [follower = ""] = others;
  const names = [stage.put(leader, "k"), stage.put(follower, "k")];
  stage.run(30);
  expect(names.map((name) => replyOf(stage, name))).toEqual(["503 no_quorum", "503 no_quorum"]);
  expect(stage.replies.get(names[1] as string)).toMatchObject({ problem: { extra: { quorum: { have: 4, need: 5 } } } });
});

test("RAFT-53: nobody can be elected: a write is refused at once", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  stage.stop(leader, others[1] as HubId);
  for (const id of [leader, others[1] as HubId]) stage.judge(id, "failed");
  stage.run(3_000);
  const name = stage.put(others[0] as HubId, "k");
  expect(replyOf(stage, name)).toBe("503 no_quorum");
});

test("RAFT-53, RAFT-52: what a leader has in its log it never refuses, however often it is handed", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const [follower = ""] = others;
  stage.lose = (from, _to, { kind }) => from === leader && kind === "raft-append";
  const name = stage.put(follower, "k");
  stage.run(20);
  doubtsAt(stage, leader, others);
  // Handed again, to a leader that has no quorum by now.
  const forwarded = () => count(stage, "for the log");
  expect(stage.runUntil(() => forwarded() > 1, 1_500)).toBe(true);
  doubtsAt(stage, leader, others);
  stage.run(30);
  expect([stage.replies.has(name), count(stage, "refused")]).toEqual([false, 0]);
  stage.lose = () => false;
  doubtsAt(stage, leader, others, false);
  expect(stage.runUntil(() => stage.replies.has(name), 5_000)).toBe(true);
  expect(replyOf(stage, name)).toBe("201");
});

test("RAFT-53: what a leader refused it does not take in that term, however late a copy comes", () => {
  const { stage, leader, others } = settledGroup(FIVE, { threshold: 0.8 });
  const [follower = "", second = "", third = ""] = others;
  const copies: MessageOf<"raft-forward">[] = [];
  stage.lose = (_from, _to, message) => {
    if (message.kind === "raft-forward") copies.push(message);
    return false;
  };
  stage.stop(second, third);
  doubtsAt(stage, leader, [second, third]);
  const name = stage.put(follower, "k");
  stage.run(30);
  expect(replyOf(stage, name)).toBe("503 no_quorum");
  stage.start(second, third);
  stage.run(500);
  expect(stage.of(leader).status(stage.now).quorum).toEqual({ have: 5, need: 4 });
  for (const copy of copies) stage.step(leader, (consensus, out) => consensus.receive(follower, copy, stage.now, out));
  stage.run(500);
  expect(briefly(stage.of(leader).state.keyValues.get("k"))).toMatch(/^404/);
});

test("RAFT-54: one that leads no more says so once, is forgotten, and the write goes to the next leader", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  stage.stop(leader);
  stage.start(leader);
  const name = stage.put(others[0] as HubId, "k");
  stage.run(100);
  expect([count(stage, "for the log"), count(stage, "not-leader")]).toEqual([1, 1]);
  expect(stage.runUntil(() => stage.replies.has(name), 5_000)).toBe(true);
  expect(replyOf(stage, name)).toBe("201");
});

test("RAFT-54: doubled and late copies are applied once", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const [follower = ""] = others;
  const copies: MessageOf<"raft-forward">[] = [];
  stage.lose = (_from, _to, message) => {
    if (message.kind === "raft-forward") copies.push(message);
    return false;
  };
  const names = Array.from({ length: 5 }, (_, i) => stage.put(follower, "k", i));
  stage.run(15);
  for (const copy of [...copies, ...copies]) {
    stage.step(leader, (consensus, out) => consensus.receive(follower, copy, stage.now, out));
  }
  stage.run(200);
  expect(names.map((name) => replyOf(stage, name))).toEqual(["201", "200", "200", "200", "200"]);
  expect(stage.of(leader).state.keyValues.get("k")).toMatchObject({ value: { value: 4, revision: 5 } });
});

test("RAFT-18, RAFT-54: many large writes go in entries that fit, and all are answered", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const value = "x".repeat(60_000);
  const names = Array.from({ length: 40 }, (_, i) => stage.put(others[0] as HubId, `k${i}`, value));
  names.push(...Array.from({ length: 40 }, (_, i) => stage.put(leader, `l${i}`, value)));
  expect(stage.runUntil(() => names.every((name) => stage.replies.has(name)), 5_000)).toBe(true);
  expect(new Set(names.map((name) => replyOf(stage, name)))).toEqual(new Set(["201"]));
});

test("RAFT-18: under load, what is proposed while four entries are on their way goes together", () => {
  const { stage, leader } = settledGroup(["a", "b", "c"]);
  const before = stage.of(leader).raft.state.log.lastIndex;
  const names = Array.from({ length: 300 }, (_, i) => stage.put(leader, `k${i}`));
  stage.run(100);
  expect(names.every((name) => replyOf(stage, name) === "201")).toBe(true);
  expect(stage.of(leader).raft.state.log.lastIndex - before).toBeLessThanOrEqual(6);
});

test("RAFT-52: a write whose leader is gone is told, in time, that it may be written", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const name = stage.put(others[0] as HubId, "k");
  stage.stop(leader, others[1] as HubId);
  expect(stage.runUntil(() => stage.replies.has(name), 5_000)).toBe(true);
  expect(replyOf(stage, name)).toBe("504 outcome_unknown");
});
