/** Stories to be read (transcripts/*.txt): what a few hubs say to each other. A change of one is a change of behaviour. */
import { expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import { groupOf, isSettled } from "./group.test-helper.ts";
import { Stage } from "./stage.test-helper.ts";

test("RAFT-2, RAFT-7 and RAFT-8: elections", async () => {
  const stage = groupOf(["a", "b", "c"]);
  stage.begin("Three hubs with equal logs start. The first whose time-out comes asks, then stands, and leads.");
  stage.start();
  stage.runUntil(() => isSettled(stage));
  const [first = ""] = stage.leaders;
  const [second = "", third = ""] = ["a", "b", "c"].filter((id) => id !== first);
  stage.run(100);

  stage.begin(
    `${second} alone does not hear its leader: it asks, is refused by both, and is reminded. No term changes.`,
  );
  stage.lose = (from, to) => from === first && to === second;
  stage.runUntil(() => stage.of(second).raft.role.kind === "candidate");
  stage.lose = () => false;
  stage.run(25);
  expect([stage.leaders, stage.of(second).raft.state.term]).toEqual([[first], stage.of(first).raft.state.term]);

  stage.begin(`${first} is gone and both others know it: they do not wait for the clock.`);
  stage.stop(first);
  stage.judge(first, "failed");
  stage.runUntil(() => isSettled(stage));
  stage.run(15);

  stage.begin(`${first} is back. It follows.`);
  stage.judge(first, "alive");
  stage.start(first);
  stage.runUntil(() => isSettled(stage));
  await expect(stage.story).toMatchFileSnapshot("./transcripts/elections.txt");
  expect(third).not.toBe("");
});

test("RAFT-2, RAFT-4: a split vote", async () => {
  const stage = groupOf(["a", "b", "c", "d"]);
  stage.begin(
    "Four hubs; two of them stand at once. Each has its own vote and that of its neighbour; nobody wins that term.",
  );
  stage.start();
  const near = (from: HubId, to: HubId) => from < "c" === to < "c";
  stage.lose = (_from, _to, { kind }) => kind === "raft-voted";
  stage.runUntil(() => ["a", "c"].every((id) => stage.of(id).raft.role.kind === "candidate"));
  stage.lose = (from, to, message) => message.kind === "raft-vote" && !message.pre && !near(from, to);
  for (const id of ["a", "c"]) {
    const peer = id === "a" ? "b" : "d";
    const answers = [peer, id === "a" ? "c" : "a"];
    for (const from of answers) {
      const voted = {
        kind: "raft-voted",
        group: "global",
        lineage: 7,
        from: 1,
        to: 1,
        term: 2,
        pre: true,
        granted: true,
      } as const;
      stage.step(id, (consensus, out) => consensus.receive(from, voted, stage.now, out));
    }
  }
  stage.run(30);
  expect(stage.leaders).toEqual([]);
  stage.begin("The next time-outs are drawn anew: one is first, and wins the next term.");
  stage.lose = () => false;
  stage.runUntil(() => isSettled(stage));
  expect(stage.leaders).toHaveLength(1);
  await expect(stage.story).toMatchFileSnapshot("./transcripts/split-vote.txt");
});

test("RAFT-13, RAFT-21 and RAFT-25: replication", async () => {
  const stage = groupOf(["a", "b", "c", "d", "e"], { latency: (from, to) => (from === "a" || to === "a" ? 10 : 15) });
  stage.start();
  stage.runUntil(() => isSettled(stage));
  stage.run(20);
  const [leader = ""] = stage.leaders;
  const other = leader === "b" ? "c" : "b";
  stage.lines.length = 0;
  stage.begin(`A write at the leader, ${leader}: committed when three of five have it, and the news follows.`);
  stage.put(leader, "k1");
  stage.runUntil(() => isSettled(stage));
  stage.run(40);
  stage.begin(`A write at ${other}: forwarded, and acknowledged to ${other} as well, which commits by itself.`);
  stage.put(other, "k2");
  stage.runUntil(() => isSettled(stage));
  stage.run(40);
  stage.begin(`A read at ${other}: the leader vouches after a round, without writing anything.`);
  stage.read(other, "k1");
  stage.run(80);
  expect([...stage.replies.values()].map(({ ok }) => ok)).toEqual([true, true, true]);
  await expect(stage.story).toMatchFileSnapshot("./transcripts/replication.txt");
});

test("RAFT-14 and RAFT-16: conflicting logs, as in figure 7 of the paper", async () => {
  const logs: Record<HubId, readonly number[]> = {
    leader: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
    a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
    b: [1, 1, 1, 4],
    c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    e: [1, 1, 1, 4, 4, 4, 4],
    f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  };
  const stage = groupOf(Object.keys(logs), { terms: logs });
  stage.begin(
    "The hub at the top of the figure is elected for term 8, by those whose logs are no longer than its own.",
  );
  stage.start();
  stage.lose = (from, to, { kind }) => kind === "raft-vote" && from !== "leader" && to !== from;
  stage.runUntil(() => isSettled(stage));
  stage.lose = () => false;
  expect(stage.leaders).toEqual(["leader"]);
  const lengths = [...stage.players.keys()].map((id) => stage.of(id).raft.state.log.lastIndex);
  expect(new Set(lengths).size).toBe(1);
  await expect(stage.story).toMatchFileSnapshot("./transcripts/figure-7.txt");
});

test("RAFT-33: a snapshot for a follower that is far behind", async () => {
  const stage = groupOf(["a", "b", "c"]);
  stage.start();
  stage.runUntil(() => isSettled(stage));
  const [leader = ""] = stage.leaders;
  const [away = ""] = ["a", "b", "c"].filter((id) => id !== leader);
  stage.stop(away);
  stage.judge(away, "failed");
  for (let i = 0; i < 40; i++) {
    stage.put(leader, `k${i}`, "x".repeat(60_000));
    stage.run(25);
  }
  expect(stage.of(leader).raft.state.log.snapshotIndex).toBeGreaterThan(10);
  stage.lines.length = 0;
  stage.begin(
    `${away} was down for 40 writes, and the leader has compacted them. ${away} is back: it gets the snapshot in parts.`,
  );
  stage.judge(away, "alive");
  stage.start(away);
  stage.run(120);
  stage.begin(`${away} crashes in the middle of it, and gets it from the beginning again.`);
  stage.stop(away);
  stage.start(away);
  stage.run(120);
  const middle = stage.lines.length;
  stage.runUntil(() => isSettled(stage), 60_000);
  stage.lines.splice(middle, Math.max(0, stage.lines.length - middle - 24), "       ...");
  expect(stage.of(away).state.keyValues.get("k39").ok).toBe(true);
  await expect(stage.story).toMatchFileSnapshot("./transcripts/snapshot.txt");
});

test("RAFT-36, RAFT-40 and RAFT-41: membership", async () => {
  const stage = new Stage({ hubs: ["a", "b", "c", "d"], parent: "a" });
  stage.player("d").state = "left";
  const stable = () => isSettled(stage) && stage.configurationAt("a").outgoing === null;
  stage.begin(
    "The parent founds the group with those that have no log; it begins once most of them have its first entries.",
  );
  stage.start("b", "c", "a");
  stage.judge("a", "alive");
  stage.runUntil(() => stable() && stage.votersNow.length === 3);
  stage.run(300);
  expect(stage.votersNow).toEqual(["a", "b", "c"]);

  stage.begin("d joins: a learner, then, by a joint configuration, a voter.");
  stage.start("d");
  stage.judge("d", "alive");
  stage.runUntil(() => stable() && stage.votersNow.length === 4);
  stage.run(50);

  stage.begin(
    "c has lost its disk: the replica that it was has no vote any more; the new one learns, and votes again.",
  );
  stage.loseDisk("c");
  stage.start("c");
  stage.runUntil(() => stable() && stage.votersNow.length === 4);
  stage.run(50);
  expect(stage.configurationAt("a").voters).toContainEqual({ hubId: "c", replica: 2 });

  stage.begin(
    "The parent leaves for good: it leads until that is committed, then asks the voter that is furthest to stand.",
  );
  stage.player("a").state = "left";
  stage.rosterChanged();
  stage.runUntil(
    () => stage.leaders.length === 1 && stage.leaders[0] !== "a" && stage.of("d").raft.state.commit === 15,
  );
  expect(stage.votersNow).toEqual(["b", "c", "d"]);
  await expect(stage.story).toMatchFileSnapshot("./transcripts/membership.txt");
});

test("RAFT-41 and RAFT-42: a voter that stays away gives its vote to a learner", async () => {
  const hubs = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const stage = new Stage({ hubs, parent: "a" });
  stage.start(...hubs.filter((id) => id !== "a"), "a");
  stage.judge("a", "alive");
  const stable = () => isSettled(stage) && stage.configurationAt("a").outgoing === null;
  stage.runUntil(() => stable() && stage.votersNow.length === 7);
  stage.runUntil(() => stage.isSilent, 60_000);
  stage.lines.length = 0;
  stage.begin("Seven voters and a learner, silent. c is gone. Nothing changes for ten seconds, then h has its vote.");
  stage.stop("c");
  stage.judge("c", "failed");
  stage.run(9_900);
  expect(stage.votersNow).toContain("c");
  stage.runUntil(() => stable() && stage.votersNow.includes("h"));
  expect(stage.votersNow).toEqual(["a", "b", "d", "e", "f", "g", "h"]);
  await expect(stage.story).toMatchFileSnapshot("./transcripts/replacement.txt");
});

test("RAFT-45 and RAFT-46: leadership transfer", async () => {
  const stage = groupOf(["a", "b", "c"], { parent: "a" });
  stage.begin("b leads while a, the configured coordinator, is away.");
  stage.judge("a", "failed");
  stage.start("b", "c");
  stage.judge("a", "failed");
  stage.runUntil(() => isSettled(stage));
  stage.put("b", "k");
  stage.run(60);
  stage.begin("a is back. As soon as it has caught up, leadership is transferred to it.");
  stage.judge("a", "alive");
  stage.start("a");
  stage.runUntil(() => stage.leaders[0] === "a" && isSettled(stage));
  expect(stage.leaders).toEqual(["a"]);
  stage.begin("a drains: it hands over, to whoever is furthest.");
  stage.player("a").draining = true;
  stage.rosterChanged();
  stage.step("a", (consensus, out) => consensus.handOver(stage.now, out));
  stage.runUntil(() => stage.leaders[0] !== "a" && isSettled(stage));
  expect(stage.leaders).not.toEqual(["a"]);
  await expect(stage.story).toMatchFileSnapshot("./transcripts/transfer.txt");
});

test("RAFT-47, RAFT-48 and RAFT-49: quiescence", async () => {
  const stage = groupOf(["a", "b", "c", "d", "e"]);
  stage.start();
  stage.runUntil(() => isSettled(stage));
  const [leader = ""] = stage.leaders;
  const [one = "", two = ""] = [...stage.players.keys()].filter((id) => id !== leader);
  stage.run(1_900);
  stage.lines.length = 0;
  stage.begin("With nothing to do the leader says that it will be silent, and so is the group: no message, no timer.");
  stage.runUntil(() => stage.isSilent);
  expect(stage.isSilent).toBe(true);
  stage.run(3_600_000);

  stage.begin(`An hour later, a write at ${one}.`);
  stage.put(one, "k");
  stage.run(35);
  stage.runUntil(() => stage.isSilent);

  stage.begin(`${leader} was evicted and is back. Nobody noticed; it asks to be elected, and so they know.`);
  stage.stop(leader);
  stage.start(leader);
  stage.runUntil(() => isSettled(stage));
  expect(stage.leaders).toHaveLength(1);
  stage.runUntil(() => stage.isSilent, 60_000);
  const [now = ""] = stage.leaders;
  const asker = now === two ? one : two;
  stage.begin(
    `${now} is gone without a trace, and a write comes: ${asker} waits for it, then asks; the others listen, then agree.`,
  );
  stage.stop(now);
  const write = stage.put(asker, "l");
  stage.runUntil(() => stage.replies.has(write));
  expect(stage.replies.get(write)).toMatchObject({ ok: true });
  await expect(stage.story).toMatchFileSnapshot("./transcripts/quiescence.txt");
});
