import { expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { type RecordBody, type Rumor, recordKeys } from "../wire/catalog.ts";
import { MAX_STATE_BYTES, MAX_STATE_RECORDS } from "./limits.ts";
import { RecordStore } from "./record-store.ts";
import { clusterRecord } from "./records.test-helper.ts";

const word = (value: string): RecordBody => ({
  kind: "state",
  contribution: {
    actors: ["a~1"],
    vector: [1],
    cloud: [],
    entries: [{ actor: 0, stamp: 1, slot: "lww", field: "", value: JSON.stringify(value) }],
    tallies: [],
  },
  saidIn: 1,
});

function replica() {
  const metrics = new Metrics();
  const listener = {
    changed: () => {},
    admits: () => true,
    echoed: () => {},
    numbered: () => {},
    remembered: () => {},
  };
  const store = new RecordStore({ self: "self", maxRecordsPerOrigin: 2, metrics, listener });
  let seq = 0;
  const apply = (key: string, body: RecordBody): string => {
    seq += 1;
    const rumor: Rumor = { origin: "a", seq, key, priority: "normal", expiresAt: null, body };
    return store.apply(rumor, "peer", 0);
  };
  return { store, apply, metrics };
}

test("STATE-23: records of state do not crowd out the catalog, nor it them", () => {
  const { store, apply } = replica();
  for (let i = 0; i < 10; i++) expect(apply(recordKeys.state("1", `k${i}`), word("x"))).toBe("applied");
  for (const id of ["c1", "c2"])
    expect(apply(recordKeys.cluster(id), clusterRecord({ clusterId: id }))).toBe("applied");
  expect(apply(recordKeys.cluster("c3"), clusterRecord({ clusterId: "c3" }))).toBe("rejected");
  expect(apply(recordKeys.state("1", "another"), word("x"))).toBe("applied");
  expect([store.records, store.stateShare.records]).toEqual([2, 11]);
});

test("STATE-23: past its share of bytes or records a new word is rejected, and one that makes room is taken", () => {
  const { store, apply, metrics } = replica();
  const large = word("x".repeat(20_000));
  let taken = 0;
  while (apply(recordKeys.state("1", `k${taken}`), large) === "applied") taken += 1;
  expect(store.stateShare.bytes).toBeLessThanOrEqual(MAX_STATE_BYTES);
  expect(store.stateShare.bytes).toBeGreaterThan(MAX_STATE_BYTES - 21_000);
  expect(metrics.value("registry_rumors_rejected_total", { limit: "state" })).toBe(1);
  expect(apply(recordKeys.state("1", "k0"), { kind: "state", contribution: null, saidIn: 1 })).toBe("applied");
  expect(apply(recordKeys.state("1", "new"), large)).toBe("applied");
  const small = replica();
  for (let i = 0; i < MAX_STATE_RECORDS; i++) small.apply(recordKeys.state("1", `k${i}`), word(""));
  expect(small.apply(recordKeys.state("1", "one more"), word(""))).toBe("rejected");
  expect(small.store.stateShare.records).toBe(MAX_STATE_RECORDS);
});

test("STATE-22: a withdrawal of a word of state is the work of a hub that cannot carry it, and is not taken", () => {
  const { store, apply } = replica();
  expect(apply(recordKeys.state("1", "k"), word("x"))).toBe("applied");
  expect(apply(recordKeys.state("1", "k"), { kind: "withdrawn", incarnation: 0 })).toBe("rejected");
  expect(apply(recordKeys.stateGraves, { kind: "withdrawn", incarnation: 0 })).toBe("rejected");
  expect(store.newest("a", recordKeys.state("1", "k"))?.body.kind).toBe("state");
  expect(store.completeTo("a")).toBe(1);
});
