import fc from "fast-check";
import { expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import type { HubIdentity } from "../common/types.ts";
import type { ClusterRecord, RecordBody, Rumor } from "../wire/catalog.ts";
import { Catalog } from "./catalog.ts";
import { MAX_AHEAD } from "./limits.ts";
import { hub } from "./planet.test-helper.ts";
import { RecordStore } from "./record-store.ts";
import { clusterRecord, hubRecord } from "./records.test-helper.ts";
import { RegionalStore } from "./scoped-store.ts";

const SELF: HubIdentity = hub("self", "local", "r", "p");
const NOW = 1_000_000;

function replica(maxRecordsPerOrigin = 1_000) {
  const catalog = new Catalog(SELF, 1);
  const metrics = new Metrics();
  const echoes: Rumor[] = [];
  const store = new RecordStore({
    self: SELF.hubId,
    maxRecordsPerOrigin,
    metrics,
    listener: {
      changed: (origin, key, body, now) => catalog.changed(origin, key, body, now),
      admits: () => true,
      echoed: (rumor) => void echoes.push(rumor),
      numbered: () => {},
      remembered: () => {},
    },
  });
  return { catalog, store, metrics, echoes };
}

function rumor(origin: string, seq: number, body: RecordBody, more: Partial<Rumor> = {}): Rumor {
  const key = body.kind === "cluster" || body.kind === "tombstone" ? `cluster/${body.clusterId}` : body.kind;
  return { origin, seq, key, priority: "normal", expiresAt: null, body, ...more };
}

const cluster = (clusterId: string, incarnation = 1, more: Partial<ClusterRecord> = {}) =>
  clusterRecord({ clusterId, incarnation, ...more });
const tombstone = (clusterId: string, incarnation: number) =>
  ({ kind: "tombstone", clusterId, incarnation, deletedAt: NOW }) as const;

/** Logs as hubs write them: contiguous numbers, any key at any of them. */
const logs = fc
  .array(
    fc.record({
      origin: fc.constantFrom("a", "b", "c"),
      id: fc.constantFrom("x", "y", "z"),
      incarnation: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom("cluster", "tombstone", "withdrawn"),
      services: fc.uniqueArray(fc.constantFrom("s1", "s2", "s3"), { minLength: 1 }),
    }),
    { maxLength: 30 },
  )
  .map((writes) => {
    const last = new Map<string, number>();
    return writes.map(({ origin, id, incarnation, kind, services }): Rumor => {
      const seq = (last.get(origin) ?? 0) + 1;
      last.set(origin, seq);
      if (kind === "tombstone") return rumor(origin, seq, tombstone(id, incarnation));
      if (kind === "withdrawn")
        return rumor(origin, seq, { kind: "withdrawn", incarnation: 0 }, { key: `cluster/${id}` });
      return rumor(origin, seq, cluster(id, incarnation, { services: services.map((name) => service(name)) }));
    });
  });

const service = (name: string) => {
  return { name, version: null, tags: [], weight: 1, capacity: null, load: 0, healthy: true };
};

const shuffledTwice = logs.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
    fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
  ),
);

function view({ catalog, store }: ReturnType<typeof replica>) {
  return {
    clusters: [...catalog.clusters()].map(({ owner, record }) => [record.clusterId, owner, record.incarnation]).sort(),
    digest: store.digest(),
    vector: [...store.vector()].sort(),
  };
}

test("REG-2, REG-5: the same records in any order and repeated give the same view, vector and digest", () => {
  fc.assert(
    fc.property(shuffledTwice, ([, first, second]) => {
      const [a, b] = [replica(), replica()];
      for (const r of first) a.store.apply(r, "peer", NOW);
      for (const r of second) b.store.apply(r, "other", NOW);
      expect(view(a)).toEqual(view(b));
    }),
  );
});

test("REG-2: two replicas with different halves converge by exchanging what differs", () => {
  fc.assert(
    fc.property(logs, fc.infiniteStream(fc.boolean()), (all, coin) => {
      const [a, b] = [replica(), replica()];
      for (const r of all) (coin.next().value ? a : b).store.apply(r, "peer", NOW);
      // The origins are alive: they can vouch for their whole logs.
      for (const origin of ["a", "b", "c"]) {
        const log = all.filter((r) => r.origin === origin);
        for (const { store } of [a, b]) {
          for (const r of log) store.apply(r, origin, NOW);
          store.completeUpTo(origin, log.at(-1)?.seq ?? 0);
        }
      }
      expect(view(a)).toEqual(view(b));
    }),
  );
});

test("REG-1: no key ever goes back to an older number", () => {
  fc.assert(
    fc.property(shuffledTwice, ([, first]) => {
      const { store } = replica();
      const newest = new Map<string, number>();
      for (const r of first) {
        store.apply(r, "peer", NOW);
        const at = `${r.origin} ${r.key}`;
        newest.set(at, Math.max(newest.get(at) ?? 0, r.seq));
        expect(store.newest(r.origin, r.key)?.seq).toBe(newest.get(at));
      }
    }),
  );
});

test("REG-1: a record with a number not above the one known for its key is stale", () => {
  const { store } = replica();
  expect(store.apply(rumor("a", 3, cluster("x")), "p", NOW)).toBe("applied");
  expect(store.apply(rumor("a", 3, cluster("x")), "p", NOW)).toBe("stale");
  expect(store.apply(rumor("a", 2, cluster("x")), "p", NOW)).toBe("stale");
  expect(store.covers("a", 2, "cluster/x")).toBe(true);
  expect(store.covers("a", 1, "cluster/y")).toBe(false);
});

test("REG-3: a log is complete up to the first number that is missing", () => {
  const { store } = replica();
  for (const seq of [1, 2, 4]) store.apply(rumor("a", seq, cluster(`x${seq}`)), "p", NOW);
  expect(store.vector().get("a")).toBe(2);
  store.apply(rumor("a", 3, cluster("x3")), "p", NOW);
  expect(store.vector().get("a")).toBe(4);
  store.completeUpTo("a", 9);
  expect(store.vector().get("a")).toBe(9);
  store.completeUpTo("a", 5);
  expect(store.vector().get("a")).toBe(9);
});

test("REG-4: what is past a gap counts at once, and what is sent on vouches only up to the gap", () => {
  const { store, catalog } = replica();
  store.apply(rumor("a", 1, cluster("x")), "p", NOW);
  store.apply(rumor("a", 7, cluster("y")), "p", NOW);
  expect(catalog.cluster("y")?.owner).toBe("a");
  const sent = store.changesSince("a", 0, 1_000_000);
  expect(sent.rumors.map(({ seq }) => seq)).toEqual([1, 7]);
  expect(sent).toMatchObject({ upTo: 1, more: false });
});

test("REG-4: numbers past a gap are remembered up to a limit, beyond which the gap is anti-entropy's", () => {
  const { store } = replica(10_000);
  for (let seq = 2; seq < MAX_AHEAD + 100; seq++) store.apply(rumor("a", seq, cluster(`x${seq}`)), "p", NOW);
  store.apply(rumor("a", 1, cluster("x1")), "p", NOW);
  expect(store.vector().get("a")).toBe(MAX_AHEAD + 1);
  expect(store.get("a", MAX_AHEAD + 50)).toBeDefined();
});

test("REG-3: changes come in order, within a size, and say what they complete", () => {
  const { store } = replica();
  for (let seq = 1; seq <= 20; seq++) store.apply(rumor("a", seq, cluster(`x${seq % 7}`)), "p", NOW);
  const seen: number[] = [];
  let after = 0;
  for (let calls = 0; calls < 20; calls++) {
    const { rumors, upTo, more } = store.changesSince("a", after, 400);
    expect(rumors.length).toBeGreaterThan(0);
    seen.push(...rumors.map(({ seq }) => seq));
    after = upTo;
    if (!more) break;
  }
  expect(seen).toEqual([14, 15, 16, 17, 18, 19, 20]);
  expect(after).toBe(20);
  expect(store.changesSince("a", 20, 400)).toEqual({ rumors: [], upTo: 20, more: false });
  expect(store.changesSince("nobody", 5, 400)).toEqual({ rumors: [], upTo: 5, more: false });
});

test("REG-6: a new key past the limit is rejected, counted and not seen; a known one is still updated", () => {
  const { store, metrics } = replica(2);
  store.apply(rumor("a", 1, cluster("x")), "p", NOW);
  store.apply(rumor("a", 2, cluster("y")), "p", NOW);
  expect(store.apply(rumor("a", 3, cluster("z")), "p", NOW)).toBe("rejected");
  expect(store.covers("a", 3, "cluster/z")).toBe(false);
  expect(store.apply(rumor("a", 4, cluster("y", 2)), "p", NOW)).toBe("applied");
  expect(metrics.value("registry_rumors_rejected_total", { limit: "records" })).toBe(1);
  expect(store.records).toBe(2);
});

test("REG-6: more origins than the limit are rejected, unless one is empty", () => {
  const { store } = replica();
  for (let i = 0; i < 512; i++) store.apply(rumor(`o${i}`, 1, cluster(`x${i}`)), "p", NOW);
  expect(store.apply(rumor("late", 1, cluster("l")), "p", NOW)).toBe("rejected");
  store.collect("o7", NOW);
  expect(store.apply(rumor("late", 1, cluster("l")), "p", NOW)).toBe("applied");
  expect(store.origins).toBe(512);
});

test("REG-6: a key that does not belong to its record is rejected", () => {
  const { store } = replica();
  expect(store.apply(rumor("a", 1, cluster("x"), { key: "cluster/y" }), "p", NOW)).toBe("rejected");
});

test("REG-7: expired records go, and one that arrives expired only takes its key away", () => {
  const { store, catalog } = replica();
  store.apply(rumor("a", 1, tombstone("x", 2), { expiresAt: NOW + 10 }), "p", NOW);
  store.apply(rumor("a", 2, cluster("y")), "p", NOW);
  expect(store.nextExpiry).toBe(NOW + 10);
  store.expire(NOW + 10, () => false);
  expect(store.records).toBe(1);
  expect(
    store.apply(rumor("a", 3, { kind: "withdrawn", incarnation: 0 }, { key: "cluster/y", expiresAt: 5 }), "p", NOW),
  ).toBe("applied");
  expect(catalog.cluster("y")).toBeUndefined();
  expect(store.vector().get("a")).toBe(3);
});

test("REG-9: the gaps of a hub that is gone can be given up", () => {
  const { store } = replica();
  store.apply(rumor("a", 5, cluster("x")), "p", NOW);
  expect(store.gapped()).toEqual(["a"]);
  store.giveUpGaps("a");
  expect(store.vector().get("a")).toBe(5);
  expect(store.gapped()).toEqual([]);
});

test("REG-9: what was given up is asked for again once the hub is back, and nothing that is here goes", () => {
  const { store, catalog } = replica();
  store.apply(rumor("a", 1, cluster("w")), "p", NOW);
  store.apply(rumor("a", 5, cluster("x")), "p", NOW);
  expect(store.reopen("a")).toBe(false);
  store.giveUpGaps("a");
  expect(store.changesSince("a", 0, 10_000)).toMatchObject({ upTo: 1, more: false });
  expect(store.apply(rumor("a", 2, cluster("v")), "p", NOW)).toBe("applied");
  expect(store.apply(rumor("a", 2, cluster("v")), "p", NOW)).toBe("stale");
  expect(store.reopen("a")).toBe(true);
  expect(store.vector().get("a")).toBe(1);
  expect(catalog.cluster("x")).toBeDefined();
  expect(store.apply(rumor("a", 3, cluster("y")), "p", NOW)).toBe("applied");
  expect(store.apply(rumor("a", 5, cluster("x")), "p", NOW)).toBe("stale");
  store.completeUpTo("a", 5);
  expect(store.vector().get("a")).toBe(5);
  expect(store.reopen("a")).toBe(false);
});

test("REG-8: a forgotten hub is as if never heard of", () => {
  const { store, catalog } = replica();
  store.apply(rumor("a", 1, cluster("x")), "p", NOW);
  store.forget("a", NOW);
  expect(store.digest()).toEqual([0, 0]);
  expect(catalog.cluster("x")).toBeUndefined();
  expect(store.apply(rumor("a", 1, cluster("x")), "p", NOW)).toBe("applied");
});

test("REG-12: a record of its own is never taken from a peer, and one it does not know is reported", () => {
  const { store, echoes } = replica();
  store.putOwn(rumor(SELF.hubId, 5, cluster("x")), NOW);
  expect(store.apply(rumor(SELF.hubId, 5, cluster("x")), "p", NOW)).toBe("stale");
  expect(echoes).toEqual([]);
  store.apply(rumor(SELF.hubId, 9, cluster("y")), "p", NOW);
  expect(echoes.map(({ seq }) => seq)).toEqual([9]);
});

test("REG-16: a tombstoned id is not brought back by a record of its incarnation or older, in any order", () => {
  const claims = [
    rumor("a", 1, cluster("x", 1)),
    rumor("a", 2, cluster("x", 2)),
    rumor("b", 1, tombstone("x", 3)),
    rumor("c", 1, cluster("x", 3)),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray([...claims, ...claims], { minLength: 8 }), (order) => {
      const { store, catalog } = replica();
      let buried = false;
      for (const r of order) {
        store.apply(r, "p", NOW);
        buried ||= r.body.kind === "tombstone";
        if (buried) expect(catalog.cluster("x")).toBeUndefined();
      }
      store.apply(rumor("a", 3, cluster("x", 4)), "p", NOW);
      expect(catalog.cluster("x")?.owner).toBe("a");
    }),
  );
});

test("REG-18: the service index equals a search of all records", () => {
  fc.assert(
    fc.property(shuffledTwice, ([, order]) => {
      const { store, catalog } = replica();
      for (const r of order) store.apply(r, "p", NOW);
      const names = new Set<string>();
      for (const { record } of catalog.clusters()) for (const { name } of record.services) names.add(name);
      expect([...catalog.services()].sort()).toEqual([...names].sort());
      for (const name of names) {
        const found = [...catalog.clusters()].filter(({ record }) => record.services.some((s) => s.name === name));
        expect(new Set(catalog.clustersOffering(name))).toEqual(new Set(found));
      }
    }),
  );
});

test("REG-19: the version goes up with every change of the view, and from run to run", () => {
  const { store, catalog } = replica();
  const before = catalog.version;
  store.apply(rumor("a", 1, cluster("x", 1, { updatedAt: NOW - 5 })), "p", NOW);
  const after = catalog.version;
  expect(after).toBeGreaterThan(before);
  expect(catalog.changedAt).toBe(NOW - 5);
  store.apply(rumor("a", 1, cluster("x")), "p", NOW);
  expect(catalog.version).toBe(after);
  expect(new Catalog(SELF, 2).version).toBeGreaterThan(after);
});

test("REG-10: local hubs get the records of other regions in routing form, and theirs are not taken", () => {
  const { store, catalog } = replica();
  store.apply(rumor("far", 1, hubRecord({ region: "elsewhere", parent: "q" })), "g", NOW);
  store.apply(rumor("far", 2, cluster("x", 1, { metadata: { a: 1 } })), "g", NOW);
  store.apply(rumor("near", 1, hubRecord({ region: "r", parent: "p" })), "near", NOW);
  store.apply(rumor("near", 2, cluster("y", 1, { metadata: { b: 2 } })), "near", NOW);
  const down = new RegionalStore(store, "r", (origin) => {
    const found = catalog.hub(origin);
    return found ? (found.region === "r" ? "own-region" : "foreign") : "unknown";
  });
  expect(down.get("far", 2)?.body).toMatchObject({ clusterId: "x", metadata: null });
  expect(down.changesSince("near", 0, 9_999).rumors[1]?.body).toMatchObject({ metadata: { b: 2 } });
  expect(down.apply(rumor("far", 3, cluster("x", 2)), "near", NOW)).toBe("stale");
  down.completeUpTo("far", 50);
  expect(store.vector().get("far")).toBe(2);
  expect(down.apply(rumor("near", 3, cluster("y", 2)), "near", NOW)).toBe("applied");
  expect(down.apply(rumor("new", 2, cluster("n")), "near", NOW)).toBe("rejected");
  expect(down.apply(rumor("new", 1, hubRecord({ region: "r", parent: "p" })), "near", NOW)).toBe("applied");
  expect(down.apply(rumor("new", 2, cluster("n")), "near", NOW)).toBe("applied");
});
