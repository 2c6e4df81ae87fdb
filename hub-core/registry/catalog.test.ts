import { describe, expect, test } from "vitest";
import type { HubIdentity } from "../common/types.ts";
import { type RecordBody, recordKeys } from "../wire/catalog.ts";
import { Catalog } from "./catalog.ts";
import { clusterRecord, hubRecord } from "./records.test-helper.ts";

const SELF: HubIdentity = {
  hubId: "p",
  tier: "regional",
  region: "r",
  coordinates: { latitude: 0, longitude: 0 },
  parent: null,
  address: "https://p.example",
};

function catalogOf(): Catalog {
  const catalog = new Catalog(SELF, 1);
  catalog.changed("h", recordKeys.hub, hubRecord(), 0);
  catalog.changed("h", recordKeys.cluster("c"), clusterRecord(), 0);
  return catalog;
}

/** What a change of the catalog is told as. */
function effectOf(catalog: Catalog, change: () => void): { clusters: readonly string[] | null; network: boolean } {
  const { version, networkVersion } = catalog;
  change();
  expect(catalog.version).toBeGreaterThan(version);
  return { clusters: catalog.changedSince(version), network: catalog.networkVersion !== networkVersion };
}

describe("what changed", () => {
  test("REG-49: a load names its cluster and leaves the network as it was; a move or a round trip does not", () => {
    const catalog = catalogOf();
    const put = (more: Parameters<typeof clusterRecord>[0]) => () =>
      catalog.changed("h", recordKeys.cluster("c"), clusterRecord(more), 1);
    expect(effectOf(catalog, put({ load: 0.5 }))).toEqual({ clusters: ["c"], network: false });
    expect(effectOf(catalog, put({ load: 0.5, checkRttMs: 3 }))).toEqual({ clusters: ["c"], network: true });
    const moved = { load: 0.5, checkRttMs: 3, coordinates: { latitude: 1, longitude: 1 } };
    expect(effectOf(catalog, put(moved))).toEqual({ clusters: ["c"], network: true });
    const withdraw = () => catalog.changed("h", recordKeys.cluster("c"), null, 1);
    expect(effectOf(catalog, withdraw)).toEqual({ clusters: ["c"], network: true });
  });

  test("REG-49: a hub's load is no news of the network; its failure is, and names the clusters that lose their owner", () => {
    const catalog = catalogOf();
    const busy = () => catalog.changed("h", recordKeys.hub, hubRecord({ load: 0.9, clusters: 1 }), 1);
    expect(effectOf(catalog, busy)).toEqual({ clusters: [], network: false });
    const identity = { ...SELF, hubId: "h", tier: "local" as const, parent: "p" };
    const fail = () => catalog.directory.setMember(identity, 1, "failed", 2);
    expect(effectOf(catalog, fail)).toEqual({ clusters: ["c"], network: true });
    expect(catalog.cluster("c")?.vouched).toBe(false);
  });

  test("REG-49: links and reported round trips are news of the network, by coming and by going", () => {
    const catalog = catalogOf();
    const links: RecordBody = { kind: "links", links: [], updatedAt: 1 };
    const latency: RecordBody = { kind: "latency", from: "x", coordinates: null, to: "c", rttMs: 5, observedAt: 1 };
    for (const [key, body] of [
      [recordKeys.links, links],
      [recordKeys.latency("x", "c"), latency],
    ] as const) {
      for (const value of [body, null]) {
        const change = () => catalog.changed("h", key, value, 1);
        expect(effectOf(catalog, change)).toEqual({ clusters: [], network: true });
      }
    }
  });

  test("REG-49: what is too long ago to tell is said to be, and the newest changes always can be told", () => {
    const catalog = catalogOf();
    const { version } = catalog;
    for (let i = 0; i < 5_000; i++) catalog.changed("h", recordKeys.cluster("c"), clusterRecord({ inFlight: i }), i);
    expect(catalog.changedSince(version)).toBeNull();
    const beforeLast = catalog.version;
    catalog.changed("h", recordKeys.cluster("c"), clusterRecord({ load: 1 }), 1);
    expect(catalog.changedSince(beforeLast)).toEqual(["c"]);
    expect(catalog.changedSince(catalog.version)).toEqual([]);
  });
});
