import { expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import { briefly } from "../state/strong/operations.test-helper.ts";
import { GROUP } from "./consensus.test-helper.ts";
import { groupOf, isSettled, settledGroup } from "./group.test-helper.ts";
import { Stage } from "./stage.test-helper.ts";

const grant = (stage: Stage, at: HubId, ttlMs: number) => stage.ask(at, { kind: "lease-grant", group: GROUP, ttlMs });
const ballot = (stage: Stage, at: HubId) =>
  stage.ask(at, {
    kind: "proposal-create",
    group: GROUP,
    proposalKind: "ballot",
    key: "k",
    value: 1,
    timeoutMs: 60_000,
  });
const countOf = (stage: Stage, what: string) => stage.lines.filter((line) => line.includes(what)).length;

test("RAFT-36, RAFT-37: a parent that lost its storage founds nothing while anyone has the log; it learns", () => {
  const stage = new Stage({ hubs: ["a", "b", "c"], parent: "a" });
  stage.start("b", "c", "a");
  stage.runUntil(() => isSettled(stage) && stage.votersNow.length === 3, 10_000);
  const { lineage } = stage.of("b");
  stage.loseDisk("a");
  stage.judge("a", "failed");
  stage.judge("a", "alive");
  stage.start("a");
  stage.runUntil(() => stage.leaders.includes("a") && isSettled(stage), 30_000);
  expect([stage.of("a").lineage, stage.leaders]).toEqual([lineage, ["a"]]);
  expect(stage.configurationAt("b").voters).toContainEqual({ hubId: "a", replica: 2 });
});

test("RAFT-36: only the parent founds, and a group of one at once", () => {
  const stage = new Stage({ hubs: ["a", "b"], parent: "a" });
  stage.start("b");
  stage.run(60_000);
  expect([stage.of("b").lineage, stage.of("b").status(stage.now).role]).toEqual([0, "none"]);
  const alone = new Stage({ hubs: ["a"], parent: "a" });
  alone.start();
  const name = alone.put("a", "k");
  expect(briefly(alone.replies.get(name))).toBe("201");
});

const outcome = (stage: Stage, name: string) => {
  const reply = stage.replies.get(name);
  return reply && (reply.ok ? reply.status : { ...reply.problem, ...reply.problem.extra });
};

test("RAFT-58: from its foundation on a group acknowledges nothing that fewer disks have than it calls for", () => {
  const stage = new Stage({ hubs: ["a", "b", "c"], parent: "a" });
  // Their hub records say that they have no log, and they are not to be reached.
  stage.part(["a", "b"], ["a", "c"]);
  stage.start("b", "c", "a");
  stage.run(100);
  expect([stage.leaders, stage.of("a").raft.state.commit]).toEqual([["a"], 0]);
  const [early, read] = [stage.put("a", "early"), stage.read("a", "early")];
  stage.run(900);
  expect(stage.replies.size).toBe(0);
  for (const id of ["b", "c"]) stage.judge(id, "failed");
  stage.run(6_000);
  for (const name of [early, read])
    expect(outcome(stage, name)).toMatchObject({ status: 503, code: "no_quorum", quorum: { have: 1, need: 2 } });
  stage.join();
  stage.judge("b", "alive");
  stage.runUntil(() => isSettled(stage), 20_000);
  const late = stage.put("a", "late");
  stage.run(100);
  expect(outcome(stage, late)).toBe(201);
  for (const id of ["a", "b"]) expect(briefly(stage.of(id).state.keyValues.get("late"))).toBe("200");
});

test("RAFT-58: a group begins once as many of its voters are there as a commit takes, and takes the others in later", () => {
  const stage = new Stage({ hubs: ["a", "b", "c", "d", "e"], parent: "a", threshold: 0.6 });
  for (const id of ["c", "d", "e"]) stage.player(id).replica = 0;
  stage.start("b", "a");
  const early = stage.put("a", "early");
  stage.run(6_000);
  expect([stage.leaders, outcome(stage, early)]).toMatchObject([[], { status: 503, code: "no_quorum" }]);
  stage.player("c").replica = 1;
  stage.start("c");
  const late = stage.put("a", "late");
  stage.run(400);
  expect([stage.votersNow, outcome(stage, late)]).toEqual([["a", "b", "c"], 201]);
  for (const id of ["d", "e"]) stage.player(id).replica = 1;
  stage.start("d", "e");
  stage.run(3_000);
  expect([stage.votersNow, stage.of("e").replication.applied]).toEqual([
    ["a", "b", "c", "d", "e"],
    stage.of("a").raft.state.log.lastIndex,
  ]);
});

test("RAFT-59: a founder that starts again before others have its log is elected by them, and they have it then", () => {
  const stage = new Stage({ hubs: ["a", "b", "c"], parent: "a" });
  stage.lose = (from) => from === "a";
  stage.start("b", "c", "a");
  stage.run(50);
  const { lineage } = stage.of("a");
  expect(lineage).not.toBe(0);
  stage.stop("a");
  stage.lose = () => false;
  stage.run(1_000);
  expect([stage.of("b").lineage, stage.of("c").lineage]).toEqual([0, 0]);
  stage.start("a");
  expect(stage.runUntil(() => stage.leaders.length === 1 && isSettled(stage), 10_000)).toBe(true);
  expect(["a", "b", "c"].map((id) => stage.of(id).lineage)).toEqual([lineage, lineage, lineage]);
  expect(stage.votersNow).toEqual(["a", "b", "c"]);
});

test("RAFT-59: who asks for the vote of another replica of its name brings no log", () => {
  const stage = new Stage({ hubs: ["a", "b"], parent: "a" });
  stage.start("b");
  const asks = (to: number): void => {
    const about = { pre: true, transfer: false, lastIndex: 0, lastTerm: 0 } as const;
    const message = { kind: "raft-vote", group: GROUP, lineage: 9, from: 1, to, term: 1, ...about } as const;
    stage.step("b", (consensus, out) => consensus.receive("a", message, stage.now, out));
  };
  for (const to of [0, 2]) asks(to);
  expect(stage.of("b").lineage).toBe(0);
  asks(1);
  expect(stage.of("b").lineage).toBe(9);
});

test("RAFT-51: a lease that is past its time ends by an entry of the leader, and its keys with it", () => {
  const { stage, leader } = settledGroup(["a", "b", "c"]);
  const granted = grant(stage, leader, 2_000);
  stage.run(50);
  const { lease_id: lease } = (stage.replies.get(granted) as { value: { lease_id: string } }).value;
  stage.ask(leader, { kind: "state-put", group: GROUP, key: "k", value: 1, lease });
  stage.run(1_900);
  expect(briefly(stage.of("a").state.keyValues.get("k"))).toBe("200");
  stage.run(200);
  for (const id of ["a", "b", "c"]) expect(briefly(stage.of(id).state.keyValues.get("k"))).toMatch(/^404/);
});

test("RAFT-51, RAFT-56: while it cannot be ended it is tried again in time, and not again and again", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c", "d", "e"], { threshold: 0.8 });
  grant(stage, leader, 1_000);
  stage.run(50);
  const gone = others.slice(-2);
  stage.stop(...gone);
  for (const id of gone) stage.judge(id, "failed");
  // The stage throws at a hub that wants to be woken for what it then does not do.
  stage.run(10_000);
  stage.start(...gone);
  for (const id of gone) stage.judge(id, "alive");
  stage.run(3_000);
  expect(stage.of(leader).state.nextLapse()).toBe(Number.POSITIVE_INFINITY);
});

test("RAFT-51: every voter judges a ballot, once, and it is decided", () => {
  const { stage, leader } = settledGroup(["a", "b", "c"]);
  const name = ballot(stage, leader);
  stage.run(5_000);
  const { proposal_id: proposalId } = (stage.replies.get(name) as { value: { proposal_id: string } }).value;
  expect(stage.of("a").state.proposal(proposalId)).toMatchObject({ value: { state: "committed" } });
  expect(countOf(stage, "vote b#")).toBeLessThanOrEqual(4);
  expect(stage.of("a").state.verdicts("a")).toEqual([]);
});

test("RAFT-51: in a group of one, too, a vote that is refused is not given again and again", () => {
  const stage = groupOf(["a"]);
  stage.start();
  stage.runUntil(() => isSettled(stage));
  const { state } = stage.of("a");
  // As if every vote were refused: the ballot stays open, whatever this hub says.
  const open = [{ proposalId: "p", vote: "yes", reason: null, from: 0 }] as const;
  state.verdicts = () => open;
  const before = stage.of("a").raft.state.log.lastIndex;
  stage.put("a", "k");
  stage.run(5_000);
  expect(stage.of("a").raft.state.log.lastIndex - before).toBeLessThan(10);
});

test("RAFT-46: the coordinator gets its office back under load too, though it never has quite all", () => {
  const far = (from: HubId, to: HubId) => (from === "a" || to === "a" ? 150 : 5);
  const stage = groupOf(["a", "b", "c"], { parent: "a", latency: far });
  stage.judge("a", "failed");
  stage.start("b", "c");
  stage.judge("a", "failed");
  stage.runUntil(() => isSettled(stage));
  const busy = (ms: number) => {
    for (let i = 0; i < ms / 10; i++) {
      stage.put(stage.leaders[0] ?? "b", `k${i % 10}`);
      stage.run(10);
    }
  };
  busy(500);
  stage.judge("a", "alive");
  stage.start("a");
  busy(5_000);
  expect(stage.leaders).toEqual(["a"]);
});

test("RAFT-41: a far newcomer gets its vote under load", () => {
  const far = (from: HubId, to: HubId) => (from === "d" || to === "d" ? 150 : 5);
  const stage = new Stage({ hubs: ["a", "b", "c", "d"], parent: "a", latency: far });
  stage.player("d").state = "left";
  stage.start("b", "c", "a");
  stage.judge("a", "alive");
  stage.run(4_000);
  expect(stage.votersNow).toEqual(["a", "b", "c"]);
  stage.start("d");
  stage.judge("d", "alive");
  for (let i = 0; i < 500; i++) {
    stage.put("a", `k${i % 10}`);
    stage.run(10);
  }
  expect(stage.votersNow).toEqual(["a", "b", "c", "d"]);
});

test("RAFT-46: one that drains gives leadership away, and again when it is elected once more", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  stage.player(leader).draining = true;
  const handOver = () => stage.step(leader, (consensus, out) => consensus.handOver(stage.now, out));
  handOver();
  expect(stage.runUntil(() => stage.leaders.length === 1 && stage.leaders[0] !== leader, 3_000)).toBe(true);
  stage.stop(stage.leaders[0] as HubId);
  for (const id of others) if (!stage.player(id).consensus) stage.judge(id, "failed");
  stage.runUntil(() => stage.leaders.length === 1, 5_000);
  stage.run(3_000);
  expect(stage.leaders.filter((id) => id !== leader)).toHaveLength(1);
});

test("RAFT-43, RAFT-47: following the roster leaves no timer behind, also with a learner that will never vote", () => {
  const hubs = [..."abcdefghi"];
  const stage = new Stage({ hubs, parent: "a" });
  stage.player("i").draining = true;
  stage.start(...hubs.filter((id) => id !== "a"), "a");
  expect(stage.runUntil(() => stage.isSilent, 60_000)).toBe(true);
  stage.stop("h");
  stage.judge("h", "failed");
  expect(stage.runUntil(() => stage.isSilent, 60_000)).toBe(true);
});
