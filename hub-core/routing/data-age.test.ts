import { expect, test } from "vitest";
import type { ClusterRecord, HubRecord } from "../wire/catalog.ts";
import { asOf } from "./data-age.ts";
import { clusterView, type HubSpec, hubView, MemoryCatalog } from "./testing/memory-catalog.ts";

const AT = { latitude: 50, longitude: 8 };
const NOW = 1_000_000;
const CHECK = { url: "https://c.example/health", intervalMs: 2_000, timeoutMs: 1_000 };

/** Two regions under one global hub; the clusters of `eu-l` are asked about. */
function federation(spec: Partial<Record<"eu" | "eu-l" | "us", HubSpec["state"]>>, startedAt = 0) {
  const catalog = new MemoryCatalog();
  const put = (hubId: string, tier: HubSpec["tier"] & string, parent: string | null): void => {
    const state = spec[hubId as "eu"] ?? "alive";
    const view = hubView({ hubId, at: AT, tier, parent, state });
    catalog.putHub({ ...view, record: { startedAt } as HubRecord });
  };
  put("g", "global", null);
  for (const region of ["eu", "us"]) {
    put(region, "regional", "g");
    put(`${region}-l`, "local", region);
  }
  return catalog;
}

function age(catalog: MemoryCatalog, selfId: string, record: Partial<ClusterRecord> = {}, owner = "eu-l"): number {
  const self = catalog.hub(selfId);
  if (!self) throw new Error(`no hub ${selfId}`);
  return NOW - asOf(catalog, self, clusterView("c", { owner, record: { healthCheck: CHECK, ...record } }), NOW);
}

test("ROUTE-49: what a living owner says is the present, however long ago it last had to say anything", () => {
  for (const self of ["g", "eu", "eu-l", "us", "us-l"]) expect(age(federation({}), self, { updatedAt: 5 })).toBe(0);
});

test("ROUTE-49: what is said of the clusters of a hub that fell silent is of when it did", () => {
  for (const state of ["suspect", "failed", "left"] as const) {
    const catalog = federation({ "eu-l": state });
    catalog.since.set("eu-l", NOW - 7_000);
    for (const self of ["g", "eu", "us", "us-l"]) expect(age(catalog, self)).toBe(7_000);
  }
});

test("ROUTE-49: who hears of an owner by a hub that fell silent knows no more than that one said", () => {
  const doubted = federation({ eu: "suspect" });
  doubted.since.set("eu", NOW - 2_000);
  expect(age(doubted, "us")).toBe(2_000);
  expect(age(doubted, "eu-l")).toBe(0);
  const cutOff = federation({ us: "failed" });
  cutOff.since.set("us", NOW - 9_000);
  expect(age(cutOff, "us-l")).toBe(9_000);
  expect(age(cutOff, "us-l", {}, "us-l")).toBe(0);
  expect(age(cutOff, "g")).toBe(0);
});

test("ROUTE-49: what an owner repeats from its storage after a start is as old as it is, until it must have asked anew", () => {
  const startedAt = NOW - 700;
  const stored = { updatedAt: startedAt - 14_000 };
  for (const self of ["eu-l", "eu", "us-l"]) {
    expect(age(federation({}, startedAt), self, stored)).toBe(14_700);
    expect(age(federation({}, startedAt), self, { updatedAt: NOW - 100 })).toBe(0);
    expect(age(federation({}, NOW - 4_999), self, stored)).toBe(NOW - stored.updatedAt);
    expect(age(federation({}, NOW - 5_000), self, stored)).toBe(0);
    expect(age(federation({}, NOW - 9_999), self, { ...stored, healthCheck: null, ttlMs: 10_000 })).toBeGreaterThan(
      14_000,
    );
    expect(age(federation({}, startedAt), self, { ...stored, healthCheck: null, ttlMs: null })).toBe(0);
  }
});

test("ROUTE-49: what was taken over and not yet asked is as old as the last owner's word; an owner unknown vouches for nothing", () => {
  expect(age(federation({}), "us", { verified: false, updatedAt: NOW - 20_000 })).toBe(20_000);
  expect(age(federation({}), "us", { updatedAt: NOW - 3_000 }, "nobody")).toBe(3_000);
  expect(age(federation({}), "us", { updatedAt: NOW + 3_000 }, "nobody")).toBe(0);
});

test("ROUTE-49: a region that hears of no other knows of them what it knew when it last did, at each of its hubs", () => {
  const catalog = federation({});
  const us = catalog.hub("us");
  if (!us) throw new Error("no hub us");
  catalog.putHub({ ...us, record: { startedAt: 0, cutOffSince: NOW - 30_000 } as HubRecord });
  for (const self of ["us", "us-l"]) {
    for (const owner of ["eu-l", "eu", "g"]) expect(age(catalog, self, {}, owner)).toBe(30_000);
    for (const owner of ["us", "us-l"]) expect(age(catalog, self, {}, owner)).toBe(0);
  }
  for (const self of ["g", "eu", "eu-l"]) expect(age(catalog, self, {}, "eu-l")).toBe(0);
});
