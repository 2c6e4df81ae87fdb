import { expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { Random } from "../common/random.ts";
import { StrongKeyValues } from "../state/strong/index.ts";
import { briefly } from "../state/strong/operations.test-helper.ts";
import { Disk, entryOf, GROUP, LINEAGE, TestOutbox, TIMING, votersOf } from "./consensus.test-helper.ts";
import { Consensus } from "./consensus.ts";
import { GroupState } from "./group-state.ts";
import { says } from "./raft/actor.test-helper.ts";
import type { GroupRequest } from "./requests.ts";

/** Of the group of a, b and c: started with its log, and no word of the others. */
function started() {
  const disk = new Disk();
  const configuration = votersOf(["a", "b", "c"]);
  disk.vote = { lineage: LINEAGE, term: 1, votedFor: null };
  disk.entries.set(1, entryOf({ term: 1, at: 0, body: { kind: "configuration", configuration } }));
  const out = new TestOutbox(disk);
  const consensus = new Consensus({
    group: GROUP,
    self: "a",
    parent: "b",
    expected: ["a", "b", "c"],
    replica: 1,
    incarnation: 1,
    stored: disk.load(),
    state: new GroupState({ group: GROUP, keyValues: new StrongKeyValues(GROUP), validate: () => null }),
    config: { threshold: 0.6, proposalTimeoutMs: 10_000, maxProposals: () => 10 },
    timing: TIMING,
    members: () => [],
    random: new Random(1),
    metrics: new Metrics(),
  });
  consensus.start(0, out);
  const told = (id: string): string | undefined => {
    const reply = out.replies.get(id);
    return reply && briefly(reply);
  };
  const ask = (id: string, request: GroupRequest, now: number): void => {
    consensus.request(id, request, now, out);
    consensus.settle(now, out);
  };
  const put = (id: string, now: number): void => ask(id, { kind: "state-put", group: GROUP, key: id, value: 1 }, now);
  const get = (id: string, now: number): void =>
    ask(id, { kind: "state-get", group: GROUP, key: id, consistency: "linearizable" }, now);
  const doubt = (hubIds: readonly string[], doubted: boolean, now: number): void => {
    for (const hubId of hubIds) consensus.doubt(hubId, doubted, now, out);
  };
  /** Up to then, as it asks to be woken. */
  const wait = (until: number): void => {
    for (let at = consensus.nextDeadline(); at <= until; at = consensus.nextDeadline()) consensus.tick(at, out);
  };
  return { consensus, out, told, put, get, doubt, wait };
}

/** It follows `b`. */
function follower() {
  const world = started();
  world.consensus.receive("b", says("raft-append", 1, { prevIndex: 1, prevTerm: 1 }), 1, world.out);
  return world;
}

test("RAFT-30, RAFT-52: cut off with its leader known still, a hub says at once that there is no quorum", () => {
  const { consensus, out, told, put, get, doubt } = follower();
  doubt(["b", "c"], true, 10);
  expect(consensus.status(11)).toMatchObject({ leader: "b", quorum: { have: 1, need: 2 } });
  put("w", 11);
  get("r", 11);
  expect([told("w"), told("r")]).toEqual(["503 no_quorum", "503 no_quorum"]);
  expect(out.takeOf("raft-forward")).toEqual([]);
});

test("RAFT-52: what the leader was handed before is told of only when it is known, and nothing is refused while the leader is there", () => {
  const { out, told, put, get, doubt } = follower();
  put("before", 2);
  expect(out.takeOf("raft-forward")).toHaveLength(1);
  doubt(["b", "c"], true, 10);
  expect(told("before")).toBeUndefined();
  doubt(["b"], false, 20);
  put("after", 21);
  get("r", 21);
  expect([told("before"), told("after"), told("r")]).toEqual([undefined, undefined, undefined]);
  expect(out.takeOf("raft-forward").at(-1)?.commands).toHaveLength(1);
});

test("RAFT-62: a hub that starts and hears nobody says so within two election time-outs, and at once from then", () => {
  const { consensus, told, put, get, wait } = started();
  put("early", 10);
  get("early-read", 10);
  wait(1_999);
  expect([told("early"), told("early-read")]).toEqual([undefined, undefined]);
  wait(2_000);
  expect([told("early"), told("early-read")]).toEqual(["503 no_quorum", "503 no_quorum"]);
  put("late", 2_500);
  get("late-read", 2_500);
  expect([told("late"), told("late-read")]).toEqual(["503 no_quorum", "503 no_quorum"]);
  expect(consensus.status(2_500).quorum).toEqual({ have: 1, need: 2 });
});

test("RAFT-62: of those that a hub has heard of, from themselves or others, it doubts none; one that it missed is heard again", () => {
  const { consensus, out, told, put, doubt, wait } = started();
  doubt(["b"], false, 500);
  wait(2_000);
  expect(consensus.status(2_000).quorum).toEqual({ have: 2, need: 2 });
  put("w", 2_001);
  expect(told("w")).toBeUndefined();
  consensus.receive("c", says("raft-vote", 2, { pre: true, lastIndex: 1, lastTerm: 1 }), 2_100, out);
  expect(consensus.status(2_100).quorum).toEqual({ have: 3, need: 2 });
});
