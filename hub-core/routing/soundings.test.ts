import { describe, expect, test } from "vitest";
import type { Check, Outbox } from "../common/outbox.ts";
import type { Coordinates } from "../common/types.ts";
import { LatencyModel } from "./latency-model.ts";
import { SOUNDING_EVERY_MS, Soundings } from "./soundings.ts";
import { clusterView, hubView, MemoryCatalog } from "./testing/memory-catalog.ts";

const SELF = hubView({ hubId: "self", at: { latitude: 0, longitude: 0 } });

class Checks implements Outbox {
  readonly asked: Check[] = [];
  send(): boolean {
    return false;
  }
  connected(): boolean {
    return false;
  }
  dial(): boolean {
    return true;
  }
  persist(): void {}
  notify(): void {}
  log(): void {}
  check(check: Check): void {
    this.asked.push(check);
  }
}

function catalogOf(cities: number, owner = "other"): MemoryCatalog {
  const catalog = new MemoryCatalog()
    .putHub(SELF)
    .putHub(hubView({ hubId: "other", at: { latitude: 30, longitude: 30 } }));
  for (let i = 0; i < cities; i++) put(catalog, `c-${i}`, { latitude: 10 + i / 2, longitude: 20 }, owner);
  return catalog;
}

function put(catalog: MemoryCatalog, id: string, at: Coordinates, owner: string): void {
  const healthCheck = { url: `https://${id}.example/health`, intervalMs: 10_000, timeoutMs: 2_000 };
  catalog.putCluster(clusterView(id, { at, owner, record: { healthCheck } }));
}

function soundingsOver(catalog: MemoryCatalog): Soundings {
  const soundings = new Soundings(SELF, catalog, () => LatencyModel.of(catalog));
  soundings.tick(0, new Checks());
  return soundings;
}

/** Every check is answered after 40 ms and a little more each time. @returns the reports, published as they come. */
function run(soundings: Soundings, catalog: MemoryCatalog, hours: number): { to: string; rttMs: number }[] {
  const reports: { to: string; rttMs: number }[] = [];
  const out = new Checks();
  for (let now = 0; now <= hours * 3_600_000; now += 60_000) {
    if (soundings.nextDeadline() <= now) soundings.tick(now, out);
    for (let check = out.asked.shift(); check; check = out.asked.shift()) {
      expect(soundings.awaits(check.token)).toBe(true);
      const outcome = { kind: "answered", status: 200, latencyMs: 40 + (check.token % 7) } as const;
      const told = soundings.checked(check.token, outcome, now, out);
      if (!told) continue;
      catalog.putLatency("self", told.record);
      reports.push({ to: told.record.to, rttMs: told.record.rttMs });
    }
  }
  return reports;
}

describe("soundings", () => {
  test("ROUTE-48: a hub measures a twentieth of the places and then stops, none twice", () => {
    const catalog = catalogOf(60);
    const reports = run(soundingsOver(catalog), catalog, 12);
    expect(reports.length).toBe(3);
    expect(new Set(reports.map(({ to }) => to)).size).toBe(3);
  });

  test("ROUTE-48: one sounding each interval, of three checks, the least of which is told", () => {
    const catalog = catalogOf(40);
    const soundings = soundingsOver(catalog);
    const out = new Checks();
    soundings.tick(SOUNDING_EVERY_MS, out);
    soundings.tick(SOUNDING_EVERY_MS, out);
    expect(out.asked.length).toBe(1);
    const answers = [90, 33.33, 35];
    const told = answers.map((latencyMs, i) => {
      const check = out.asked[i] as Check;
      return soundings.checked(check.token, { kind: "answered", status: 200, latencyMs }, SOUNDING_EVERY_MS, out);
    });
    expect(out.asked.length).toBe(3);
    expect(told.map((one) => one?.record.rttMs)).toEqual([undefined, undefined, 33.3]);
    expect(told[2]?.record).toMatchObject({ from: "self", to: out.asked[0]?.clusterId, coordinates: SELF.coordinates });
    expect(soundings.nextDeadline()).toBe(2 * SOUNDING_EVERY_MS);
  });

  test("ROUTE-48: silence tells nothing, a late answer and a check of somebody else's are not taken", () => {
    const catalog = catalogOf(40);
    const soundings = soundingsOver(catalog);
    const out = new Checks();
    soundings.tick(SOUNDING_EVERY_MS, out);
    const [first] = out.asked as [Check];
    expect(soundings.awaits(1)).toBe(false);
    expect(soundings.nextDeadline()).toBe(SOUNDING_EVERY_MS + first.timeoutMs + 1_000);
    soundings.tick(soundings.nextDeadline(), out);
    expect(soundings.awaits(first.token)).toBe(false);
    const answer = { kind: "answered", status: 200, latencyMs: 5 } as const;
    expect(soundings.checked(first.token, answer, SOUNDING_EVERY_MS + 9_000, out)).toBeNull();
    expect(out.asked.length).toBe(1);
    soundings.tick(2 * SOUNDING_EVERY_MS, out);
    const second = out.asked[1] as Check;
    expect(soundings.checked(second.token, { kind: "refused" }, 2 * SOUNDING_EVERY_MS, out)).toBeNull();
    expect(out.asked.length).toBe(2);
  });

  test("ROUTE-48: own clusters, those without a check and those that fail are not sounded", () => {
    const own = catalogOf(40, "self");
    expect(run(soundingsOver(own), own, 6)).toEqual([]);
    const silent = new MemoryCatalog().putHub(SELF);
    for (let i = 0; i < 40; i++) silent.putCluster(clusterView(`c-${i}`, { at: { latitude: i, longitude: 0 } }));
    expect(run(soundingsOver(silent), silent, 6)).toEqual([]);
  });

  test("ROUTE-48: what was sounded is measured from there on", () => {
    const catalog = catalogOf(40);
    const [report] = run(soundingsOver(catalog), catalog, 2);
    const to = catalog.cluster(report?.to ?? "");
    if (!to) throw new Error("a known cluster");
    const { ms, source } = LatencyModel.of(catalog).between(SELF.coordinates, to.record.coordinates);
    expect({ ms, source }).toEqual({ ms: report?.rttMs, source: "measured" });
  });
});
