/** Groups under faults of every kind, drawn per seed; whoever asks to be woken for nothing makes the stage throw. */
import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import type { HubId } from "../common/types.ts";
import { briefly } from "../state/strong/operations.test-helper.ts";
import type { MessageOf } from "../wire/messages.ts";
import { GROUP } from "./consensus.test-helper.ts";
import { isSettled, settledGroup } from "./group.test-helper.ts";
import { Stage } from "./stage.test-helper.ts";

/** What must hold at every moment. */
class Watch {
  readonly #leaders = new Map<number, HubId>();
  readonly #hashes = new Map<number, number>();
  readonly #terms = new Map<number, number>();

  look(stage: Stage): void {
    for (const { id, consensus } of stage.players.values()) {
      if (!consensus) continue;
      const { raft, replication, state } = consensus;
      if (raft.leadership) {
        const known = this.#leaders.get(raft.state.term) ?? id;
        expect(known, `leader of term ${raft.state.term}`).toBe(id);
        this.#leaders.set(raft.state.term, id);
      }
      this.#same(this.#hashes, replication.applied, state.hash, "state");
      const term = raft.state.log.termAt(raft.state.commit);
      if (term !== undefined) this.#same(this.#terms, raft.state.commit, term, "term");
    }
  }

  #same(known: Map<number, number>, index: number, is: number, what: string): void {
    expect(is, `${what} at ${index}`).toBe(known.get(index) ?? is);
    known.set(index, is);
  }
}

function rough(stage: Stage, random: Random): void {
  const ids = [...stage.players.keys()];
  const id = random.pick(ids) as HubId;
  const player = stage.player(id);
  const other = random.pick(ids) as HubId;
  switch (random.below(9)) {
    case 0:
      if (player.consensus) stage.stop(id);
      else stage.start(id);
      return;
    case 1:
      stage.part([id, other]);
      return;
    case 2:
      stage.join();
      return;
    case 3: {
      const share = random.float() * 0.3;
      stage.lose = () => random.float() < share;
      return;
    }
    case 4:
      stage.judge(id, player.state === "alive" ? "failed" : "alive");
      return;
    case 5:
      stage.step(id, (consensus, out) => consensus.doubt(other, random.below(2) === 0, stage.now, out));
      return;
    case 6:
      stage.step(id, (consensus, out) => consensus.handOver(stage.now, out));
      return;
    default:
      stage.run(random.below(2_000));
  }
}

const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

test.each(seeds)(
  "RAFT-26, RAFT-52 and RAFT-56: whatever breaks, logs agree, answers are true, and it mends (seed %i)",
  (seed) => {
    const random = new Random(seed);
    const ids = [..."abcdefgh"].slice(0, 3 + random.below(6));
    const jitter = new Random(seed + 1);
    const stage = new Stage({
      hubs: ids,
      parent: "a",
      seed,
      threshold: [0.5, 0.7][seed % 2] as number,
      latency: () => 1 + jitter.below(80),
    });
    stage.start(...ids.filter((id) => id !== "a"), "a");
    stage.run(3_000);
    const watch = new Watch();
    const written = new Map<string, string>();
    for (let i = 0; i < 120; i++) {
      rough(stage, random);
      const up = ids.filter((id) => stage.player(id).consensus);
      const at = random.pick(up);
      if (at) written.set(stage.put(at, `k${i}`), `k${i}`);
      if (at) stage.read(at, `k${random.below(i + 1)}`);
      stage.run(random.below(300));
      watch.look(stage);
    }
    stage.join();
    stage.lose = () => false;
    for (const id of ids) {
      if (!stage.player(id).consensus) stage.start(id);
      if (stage.player(id).state !== "alive") stage.judge(id, "alive");
      for (const other of ids) stage.step(id, (consensus, out) => consensus.doubt(other, false, stage.now, out));
    }
    const [last = ""] = ids;
    expect(
      stage.runUntil(() => stage.leaders.length === 1 && isSettled(stage), 60_000),
      "it settles",
    ).toBe(true);
    const name = stage.put(last, "last");
    expect(
      stage.runUntil(() => stage.replies.has(name) && isSettled(stage), 20_000),
      "it writes",
    ).toBe(true);
    watch.look(stage);
    expect(briefly(stage.replies.get(name))).toBe("201");
    for (const [write, key] of written) {
      const said = briefly(stage.replies.get(write));
      const kept = stage.of(last).state.keyValues.get(key).ok;
      if (said === "201") expect(kept, key).toBe(true);
      if (said === "503 no_quorum") expect(kept, key).toBe(false);
    }
  },
);

test("RAFT-47: after all that a group falls silent, and no timer is left", () => {
  const { stage } = settledGroup(["a", "b", "c", "d", "e"]);
  const random = new Random(7);
  for (let i = 0; i < 60; i++) rough(stage, random);
  stage.join();
  stage.lose = () => false;
  for (const id of ["a", "b", "c", "d", "e"]) {
    if (!stage.player(id).consensus) stage.start(id);
    if (stage.player(id).state !== "alive") stage.judge(id, "alive");
    for (const other of ["a", "b", "c", "d", "e"]) {
      stage.step(id, (consensus, out) => consensus.doubt(other, false, stage.now, out));
    }
  }
  const draining = stage.runUntil(() => stage.isSilent, 120_000);
  expect(draining).toBe(true);
});

test("RAFT-37: messages of another lineage, for another replica, or from itself change nothing", () => {
  const { stage, leader, others } = settledGroup(["a", "b", "c"]);
  const [id = ""] = others;
  const before = { ...stage.of(id).raft.state.configuration, term: stage.of(id).raft.state.term };
  const vote: MessageOf<"raft-vote"> = {
    kind: "raft-vote",
    group: GROUP,
    lineage: 7,
    from: 1,
    to: 1,
    term: 9,
    pre: false,
    transfer: true,
    lastIndex: 99,
    lastTerm: 9,
  };
  const lines = stage.lines.length;
  for (const [from, message] of [
    [leader, { ...vote, lineage: 8 }],
    [leader, { ...vote, lineage: 0 }],
    [leader, { ...vote, to: 2 }],
    [id, vote],
  ] as const) {
    stage.step(id, (consensus, out) => consensus.receive(from, message, stage.now, out));
  }
  expect({ ...stage.of(id).raft.state.configuration, term: stage.of(id).raft.state.term }).toEqual(before);
  expect(stage.lines.length).toBe(lines);
});

test("RAFT-37: a hub that is no replica yet joins what a leader sends to it, and to it alone", () => {
  const stage = new Stage({ hubs: ["z"], parent: "none" });
  stage.start();
  const append: MessageOf<"raft-append"> = {
    kind: "raft-append",
    group: GROUP,
    lineage: 7,
    from: 1,
    to: 2,
    term: 3,
    prevIndex: 5,
    prevTerm: 2,
    commit: 5,
    round: 0,
    entries: [],
    proposers: [],
    quiesce: false,
  };
  const hear = (message: MessageOf<"raft-append">) =>
    stage.step("z", (consensus, out) => consensus.receive("a", message, stage.now, out));
  hear(append);
  hear({ ...append, to: 0 });
  expect(stage.of("z").lineage).toBe(0);
  hear({ ...append, to: 1 });
  expect([stage.of("z").lineage, stage.of("z").raft.state.term, stage.player("z").disk.vote.lineage]).toEqual([
    7, 3, 7,
  ]);
});
