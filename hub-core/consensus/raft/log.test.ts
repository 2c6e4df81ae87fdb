import { expect, test } from "vitest";
import { encodeSnapshot } from "../../wire/log.ts";
import { emptyEntry, GROUP, votersOf } from "../consensus.test-helper.ts";
import { loadLog, logEntry, RaftLog } from "./log.ts";

const noop = (term: number, at = 0) => logEntry({ term, at, body: { kind: "noop" } });

function logOf(...terms: number[]): RaftLog {
  const log = new RaftLog();
  for (const term of terms) log.append(noop(term));
  return log;
}

test("RAFT-14: what is truncated is gone, with the configurations in it", () => {
  const log = logOf(1, 1);
  const configuration = votersOf(["a"]);
  log.append(logEntry({ term: 2, at: 5, body: { kind: "configuration", configuration } }));
  log.append(noop(2, 9));
  expect([log.lastIndex, log.configurationIndex, log.configuration, log.lastAt]).toEqual([4, 3, configuration, 9]);
  log.truncate(3);
  expect([log.lastIndex, log.lastTerm, log.configurationIndex, log.configuration.voters]).toEqual([2, 1, 0, []]);
  expect(log.bytes).toBe(logOf(1, 1).bytes);
});

test("RAFT-38: each index has the configuration that was the last at it", () => {
  const log = logOf(1);
  for (const voters of [["a"], ["a", "b"]]) {
    log.append(logEntry({ term: 1, at: 0, body: { kind: "configuration", configuration: votersOf(voters) } }));
    log.append(noop(1));
  }
  const sizes = [0, 1, 2, 3, 4, 5, 9].map((index) => log.configurationAt(index).voters.length);
  expect(sizes).toEqual([0, 0, 1, 1, 2, 2, 2]);
  log.compact(3);
  expect([log.snapshotIndex, log.configurationAt(3).voters.length, log.configurationAt(5).voters.length]).toEqual([
    3, 1, 2,
  ]);
});

test("RAFT-16: where two logs may still agree: the last entry of a term that is not past the other's", () => {
  const log = logOf(1, 1, 3, 3, 5);
  expect([0, 1, 2, 3, 4, 5].map((term) => log.lastOfTermUpTo(term, 5))).toEqual([0, 2, 2, 4, 4, 5]);
  expect(log.lastOfTermUpTo(3, 3)).toBe(3);
  expect(log.lastOfTermUpTo(9, 99)).toBe(5);
  log.compact(4);
  expect(log.lastOfTermUpTo(1, 5)).toBe(4);
  expect(log.lastOfTermUpTo(1, 2)).toBe(2);
});

test("RAFT-18: a slice ends by number or bytes, and holds one entry at least", () => {
  const log = logOf(1, 1, 1, 1);
  const size = noop(1).bytes.length;
  expect(log.slice(2, 2, 1_000)).toHaveLength(2);
  expect(log.slice(1, 10, 2 * size)).toHaveLength(2);
  expect(log.slice(1, 10, 1)).toHaveLength(1);
  expect(log.slice(5, 10, 1_000)).toEqual([]);
});

test("RAFT-34: entries after an installed snapshot stay when they agree with it, else nothing does", () => {
  const snapshot = (term: number) => ({ index: 2, term, at: 4, configuration: votersOf(["z"]) });
  const agrees = logOf(1, 2, 2);
  agrees.install(snapshot(2));
  expect([agrees.snapshotIndex, agrees.lastIndex, agrees.termAt(3)]).toEqual([2, 3, 2]);
  const differs = logOf(1, 1, 1);
  differs.install(snapshot(2));
  expect([differs.snapshotIndex, differs.lastIndex, differs.lastTerm, differs.lastAt, differs.bytes]).toEqual([
    2, 2, 2, 4, 0,
  ]);
  expect(differs.configuration).toEqual(votersOf(["z"]));
});

test("RAFT-35: a stored log is its snapshot and the entries after it; those before are passed over, and a gap is not", () => {
  const snapshot = encodeSnapshot({
    index: 2,
    term: 1,
    at: 3,
    configuration: votersOf(["a"]),
    data: new Uint8Array([1]),
  });
  const entries = [2, 3, 4].map((index) => ({ index, bytes: emptyEntry(2, index) }));
  const { log } = loadLog(GROUP, { snapshot, entries });
  expect([log.snapshotIndex, log.lastIndex, log.lastAt, log.configuration]).toEqual([2, 4, 4, votersOf(["a"])]);
  expect(() => loadLog(GROUP, { snapshot, entries: entries.slice(2) })).toThrow("no gap");
  expect(() => loadLog(GROUP, { snapshot: new Uint8Array([9]), entries: [] })).toThrow("cannot be read");
  expect(() => loadLog(GROUP, { snapshot, entries: [{ index: 3, bytes: new Uint8Array([250]) }] })).toThrow("entry 3");
});
