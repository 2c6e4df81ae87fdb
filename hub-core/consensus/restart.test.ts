import { expect, test } from "vitest";
import { briefly, inside } from "../state/strong/operations.test-helper.ts";
import { encodeSnapshot } from "../wire/log.ts";
import { diskWith, emptyEntry, entryOf, GROUP, votersOf } from "./consensus.test-helper.ts";
import { settledGroup } from "./group.test-helper.ts";
import { Actor, says } from "./raft/actor.test-helper.ts";

const configuration = votersOf(["a", "b", "c"]);

/** An entry with one command. */
function write(seq: number): Uint8Array<ArrayBuffer> {
  const session = { hubId: "a", replica: 1, incarnation: 1, seq, floor: 1 };
  const operation = { kind: "put", key: "k", value: "1", expect: null, fence: null, lease: null } as const;
  return entryOf({ term: 1, at: 0, body: { kind: "commands", commands: [{ session, idempotency: null, operation }] } });
}

/** After three writes all hubs go down, and one of the followers comes back alone. */
function aloneAfterWrites() {
  const { stage, others } = settledGroup(["a", "b", "c"]);
  const hub = others[0] as string;
  for (const key of ["k1", "k2", "k3"]) {
    stage.put(hub, key);
    stage.run(200);
  }
  stage.stop("a", "b", "c");
  stage.run(1_000);
  stage.start(hub);
  const stale = (key: string) => {
    const name = stage.ask(hub, { kind: "state-get", group: GROUP, key, consistency: "stale" });
    const reply = stage.replies.get(name);
    if (!reply) throw new Error("a stale read is answered at once");
    return reply;
  };
  return { stage, hub, stale };
}

test("RAFT-35: a hub that starts without a leader has applied what it knew to be committed when it last wrote", () => {
  const { stage, hub, stale } = aloneAfterWrites();
  expect(["k1", "k2"].map((key) => inside(stale(key)).value)).toEqual(["k1", "k2"]);
  const { commit_index, applied_index, log_entries, leader } = stage.of(hub).status(stage.now);
  expect([leader, applied_index]).toEqual([null, commit_index]);
  expect(log_entries - commit_index).toBeLessThanOrEqual(1);
});

test("RAFT-60: what its last entries say it neither tells nor denies until it knows that they count", () => {
  const { stage, hub, stale } = aloneAfterWrites();
  expect([briefly(stale("k3")), briefly(stale("nothing"))]).toEqual(["503 no_quorum", "503 no_quorum"]);
  stage.start(...["a", "b", "c"].filter((id) => id !== hub));
  stage.runUntil(() => stage.of(hub).raft.state.unsettled === 0);
  stage.run(100);
  expect([inside(stale("k3")).value, briefly(stale("nothing"))]).toEqual(["k3", "404 key_unknown"]);
});

test("RAFT-35: what was stored of commits is never more than the log, nor less than its snapshot", () => {
  const disk = diskWith({ configuration, terms: [1, 1, 1] });
  disk.commits.set(2, 1).set(3, 2);
  expect(new Actor("a", disk).state.commit).toBe(2);
  disk.commits.set(3, 9);
  expect(new Actor("a", disk).state.commit).toBe(3);
  expect(Actor.with("a", { configuration, terms: [1, 1] }).state.commit).toBe(0);
});

test("RAFT-35: an entry is written with what is committed by then, and nothing is written for a commit alone", () => {
  const actor = Actor.with("a", { configuration, terms: [1] });
  const entries = [emptyEntry(1)];
  actor.hears("b", says("raft-append", 1, { prevIndex: 1, prevTerm: 1, entries, commit: 1 }));
  actor.hears("b", says("raft-append", 1, { prevIndex: 2, prevTerm: 1, commit: 2 }));
  actor.hears("b", says("raft-append", 1, { prevIndex: 2, prevTerm: 1, entries, commit: 2 }));
  const written = actor.out.written.map((write) => (write.table === "raft-entry" ? write.commit : write.table));
  expect(written).toEqual([0, 2]);
  expect(actor.restarts().state.commit).toBe(2);
});

test("RAFT-60: entries that another leader or a snapshot has put an end to are no question any more", () => {
  const restarted = () => {
    const disk = diskWith({ configuration, terms: [1, 1, 1] });
    for (const index of [2, 3]) disk.entries.set(index, write(index));
    disk.commits.set(2, 1);
    return new Actor("a", disk);
  };
  const led = restarted();
  expect(led.state.unsettled).toBe(2);
  led.hears("b", says("raft-append", 2, { prevIndex: 1, prevTerm: 1, entries: [emptyEntry(2)], commit: 2 }));
  expect([led.state.commit, led.state.unsettled]).toEqual([2, 0]);
  const installed = restarted();
  const part = encodeSnapshot({ index: 2, term: 2, at: 0, configuration, data: new Uint8Array() });
  installed.hears("b", says("raft-snapshot", 2, { index: 2, snapshotTerm: 2, size: part.length, offset: 0, part }));
  expect([installed.state.commit, installed.state.unsettled]).toEqual([2, 0]);
});

test("RAFT-60: entries without commands leave nothing open", () => {
  const actor = Actor.with("a", { configuration, terms: [1, 1, 1] });
  expect([actor.state.commit, actor.state.unsettled]).toEqual([0, 0]);
});
