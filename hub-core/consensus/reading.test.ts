import { expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import { briefly } from "../state/strong/operations.test-helper.ts";
import { settledGroup } from "./group.test-helper.ts";
import type { Stage } from "./stage.test-helper.ts";

const replyOf = (stage: Stage, name: string) => briefly(stage.replies.get(name));
const count = (stage: Stage, what: string) => stage.lines.filter((line) => line.includes(what)).length;

test("RAFT-27: reads at every hub see what was acknowledged before they began", () => {
  const { stage } = settledGroup(["a", "b", "c"]);
  for (let i = 0; i < 5; i++) {
    for (const writer of ["a", "b", "c"]) {
      const write = stage.put(writer, "k", `${writer}${i}`);
      stage.runUntil(() => stage.replies.has(write));
      const reads = ["a", "b", "c"].map((id) => stage.read(id, "k"));
      stage.runUntil(() => reads.every((name) => stage.replies.has(name)));
      for (const name of reads)
        expect(stage.replies.get(name)).toMatchObject({ ok: true, value: { value: `${writer}${i}` } });
    }
  }
});

test("RAFT-29: a leader that was cut off from its group and replaced vouches for nothing", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  stage.part([leader, others[0] as HubId], [leader, others[1] as HubId]);
  stage.runUntil(() => stage.leaders.some((id) => id !== leader));
  const write = stage.put(stage.leaders.find((id) => id !== leader) as HubId, "k", "new");
  stage.runUntil(() => stage.replies.has(write));
  const stale = stage.read(leader, "k");
  stage.run(6_000);
  expect(replyOf(stage, stale)).toBe("503 no_quorum");
});

test("RAFT-30: asked of a leader that was evicted, a read goes to the next one, and is asked but a few times", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  stage.stop(leader);
  stage.start(leader);
  const name = stage.read(others[0] as HubId, "k");
  stage.run(100);
  expect([count(stage, "may I read"), count(stage, "cannot vouch")]).toEqual([1, 1]);
  expect(stage.runUntil(() => stage.replies.has(name), 5_000)).toBe(true);
  expect(replyOf(stage, name)).toMatch(/^404/);
});

test("RAFT-30: questions and answers that are lost are asked again", () => {
  const { stage, others } = settledGroup(["a", "b", "c"]);
  let lost = 0;
  stage.lose = (_from, _to, { kind }) => (kind === "raft-read" || kind === "raft-read-index") && lost++ < 2;
  const name = stage.read(others[0] as HubId, "k");
  expect(stage.runUntil(() => stage.replies.has(name), 5_000)).toBe(true);
  expect(replyOf(stage, name)).toMatch(/^404/);
});

test("RAFT-28, RAFT-30: a leader that cannot commit its first entry says so at once, to everyone", () => {
  const seven = ["a", "b", "c", "d", "e", "f", "g"];
  const { stage, leader, others } = settledGroup(seven, { threshold: 0.7 });
  stage.stop(leader, ...others.slice(-2));
  for (const id of [leader, ...others.slice(-2)]) stage.judge(id, "failed");
  expect(stage.runUntil(() => stage.leaders.length === 1)).toBe(true);
  stage.run(100);
  const names = others.slice(0, 4).map((id) => stage.read(id, "k"));
  stage.run(30);
  expect(names.map((name) => replyOf(stage, name))).toEqual(Array(4).fill("503 no_quorum"));
  for (const name of names)
    expect(stage.replies.get(name)).toMatchObject({ problem: { extra: { quorum: { have: 4, need: 5 } } } });
});

test("RAFT-30: without a majority a read is told so at once, and stale ones go on", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  stage.stop(leader, others[1] as HubId);
  for (const id of [leader, others[1] as HubId]) stage.judge(id, "failed");
  stage.run(3_000);
  const [here = ""] = others;
  const name = stage.read(here, "k");
  const stale = stage.ask(here, { kind: "state-get", group: "global", key: "k", consistency: "stale" });
  expect([replyOf(stage, name), replyOf(stage, stale)]).toEqual(["503 no_quorum", expect.stringMatching(/^404/)]);
});

test("STRONG-14: a watch from a revision that the group is not at is refused; one that only this hub is not at is waited for", () => {
  const { stage, others } = settledGroup(["a", "b", "c"]);
  const [here = "", there = ""] = others;
  const watch = (since: number): string =>
    stage.ask(here, { kind: "state-watch", group: "global", prefix: "", since, waitMs: 2_000 });
  const future = watch(7);
  stage.run(500);
  expect(stage.replies.get(future)).toMatchObject({
    problem: { status: 410, code: "revision_unknown", extra: { revision: 0 } },
  });
  // What is acknowledged elsewhere is on its way to this hub.
  const first = stage.put(there, "k", 1);
  stage.lose = (_from, to, { kind }) => kind === "raft-append" && to === here;
  expect(stage.runUntil(() => stage.replies.has(first))).toBe(true);
  expect(stage.of(here).state.keyValues.revision).toBe(0);
  const ahead = watch(1);
  stage.lose = () => false;
  stage.run(1_000);
  expect(stage.replies.has(ahead)).toBe(false);
  stage.put(there, "k", 2);
  stage.run(500);
  expect(stage.replies.get(ahead)).toMatchObject({ ok: true, value: { changes: [{ key: "k", revision: 2 }] } });
});
