import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { greatCircleKm } from "../common/great-circle.ts";
import type { Coordinates } from "../common/types.ts";
import type { LatencyRecord } from "../wire/catalog.ts";
import { factor, solve } from "./cholesky.ts";
import { arcKm, fibreMs, unitVector } from "./great-circle.ts";
import { Kriging } from "./kriging.ts";
import { LatencyModel, REPORT_FRESH_MS } from "./latency-model.ts";
import { latencyRecords } from "./latency-report.ts";
import { clusterView, hubView, MemoryCatalog } from "./testing/memory-catalog.ts";
import { geographicMs, groundOf, outlookOf } from "./ways.ts";

const LONDON = { latitude: 51.5, longitude: -0.1 };
const PARIS = { latitude: 48.85, longitude: 2.35 };
const TOKYO = { latitude: 35.7, longitude: 139.7 };
const OSAKA = { latitude: 34.7, longitude: 135.5 };

const places = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

function geographic(from: Coordinates, to: Coordinates): number {
  return geographicMs(outlookOf(groundOf(unitVector(from))), groundOf(unitVector(to)));
}

function report(from: string, to: string, rttMs: number, observedAt = 0): LatencyRecord {
  return { kind: "latency", from, coordinates: null, to, rttMs, observedAt };
}

describe("geography", () => {
  test("ROUTE-40: distances from unit vectors are the haversine's", () => {
    fc.assert(
      fc.property(places, places, (a, b) => {
        // Near the antipode both forms lose digits: asin is steep there.
        expect(Math.abs(arcKm(unitVector(a), unitVector(b)) - greatCircleKm(a, b))).toBeLessThan(0.5);
      }),
    );
  });

  test("ROUTE-40: with nothing measured, a prediction is geographic and never faster than light in fibre", () => {
    const model = LatencyModel.of(new MemoryCatalog());
    fc.assert(
      fc.property(places, places, (a, b) => {
        const { ms, source } = model.between(a, b);
        expect(source).toBe("geographic");
        expect(ms).toBeGreaterThanOrEqual(fibreMs(greatCircleKm(a, b)) - 0.1);
      }),
    );
  });
});

describe("what is faster than light", () => {
  const NAIROBI = { latitude: -1.29, longitude: 36.82 };
  const JOHANNESBURG = { latitude: -26.2, longitude: 28.05 };
  const floor = fibreMs(greatCircleKm(NAIROBI, JOHANNESBURG));
  /** Hubs of one region that run in one room, though they state two cities. */
  const oneRoom = (): MemoryCatalog =>
    new MemoryCatalog()
      .putHub(hubView({ hubId: "nbo", at: NAIROBI }))
      .putHub(hubView({ hubId: "jnb", at: JOHANNESBURG }))
      .putLinks("nbo", [{ peer: "jnb", rttMs: 1, loss: 0, utilisation: 0 }]);

  test("ROUTE-47: is no measurement of the way between two places", () => {
    const { ms, source } = LatencyModel.of(oneRoom()).between(NAIROBI, JOHANNESBURG);
    expect(source).toBe("geographic");
    expect(ms).toBeGreaterThan(floor);
  });

  test("ROUTE-47: a cluster checked from next door is as far from the client as the way between them", () => {
    const at = { latitude: -26.1, longitude: 28.2 };
    const catalog = oneRoom().putCluster(clusterView("c", { at, owner: "jnb", record: { checkRttMs: 1.5 } }));
    const model = LatencyModel.of(catalog);
    const { ms, source } = model.predict(model.client({ ...NAIROBI, source: "place", place: "nbo" }), model.site(at));
    expect(source).not.toBe("measured");
    expect(ms).toBeGreaterThan(floor);
  });

  test("ROUTE-47: neither a check nor a report counts when it is, between known positions", () => {
    const catalog = oneRoom().putCluster(
      clusterView("c", { at: JOHANNESBURG, owner: "nbo", record: { checkRttMs: 1 } }),
    );
    catalog.putLatency("nbo", report("nbo", "c", 2)).putLatency("nbo", report("somewhere", "c", 2));
    const model = LatencyModel.of(catalog);
    expect(model.measured(model.client({ ...NAIROBI, source: "place", place: "nbo" }), "c")).toBeNull();
    expect(model.measured(model.client({ ...NAIROBI, source: "place", place: "somewhere" }), "c")).toBe(2);
  });

  test("ROUTE-40: no prediction is faster than light, whatever was measured", () => {
    const rtts = fc.array(fc.double({ min: 0.1, max: 400, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(rtts, places, places, ([a, b, c], from, to) => {
        const catalog = oneRoom().putHub(hubView({ hubId: "lon", at: LONDON }));
        catalog.putLinks("nbo", [
          { peer: "jnb", rttMs: a as number, loss: 0, utilisation: 0 },
          { peer: "lon", rttMs: b as number, loss: 0, utilisation: 0 },
        ]);
        catalog.putLinks("jnb", [{ peer: "lon", rttMs: c as number, loss: 0, utilisation: 0 }]);
        const model = LatencyModel.of(catalog);
        // Cells are some km wide.
        for (const [x, y] of [
          [NAIROBI, JOHANNESBURG],
          [NAIROBI, LONDON],
          [from, to],
        ] as const) {
          expect(model.between(x, y).ms).toBeGreaterThanOrEqual(fibreMs(greatCircleKm(x, y)) - 0.1);
        }
      }),
    );
  });
});

describe("kriging", () => {
  test("ROUTE-41: the factor solves the system it was made from", () => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(values, (entries) => {
        const n = 4;
        const matrix = new Float64Array(n * n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = i === j ? 0.5 : 0;
            for (let k = 0; k < n; k++) sum += (entries[i * n + k] as number) * (entries[j * n + k] as number);
            matrix[i * n + j] = sum;
          }
        }
        const b = Float64Array.from(entries.slice(16));
        const lower = matrix.slice();
        expect(factor(lower, n)).toBe(true);
        const x = solve(lower, n, b);
        for (let i = 0; i < n; i++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += (matrix[i * n + k] as number) * (x[k] as number);
          expect(sum).toBeCloseTo(b[i] as number, 6);
        }
      }),
    );
  });

  test("ROUTE-41: a matrix that is not positive definite is refused", () => {
    expect(factor(Float64Array.from([1, 2, 2, 1]), 2)).toBe(false);
  });

  test("ROUTE-41: a measured pair is predicted close to its measurement, and its neighbours are drawn towards it", () => {
    const at = [LONDON, TOKYO, PARIS, OSAKA].map(unitVector);
    const kriging = Kriging.fit(at.slice(0, 2), [{ a: 0, b: 1, rttMs: 400, priorMs: 200 }]);
    if (!kriging) throw new Error("there is an observation");
    const slowdown = (a: number, b: number): number => {
      const [from, to] = [a, b].map((i) => kriging.affinity(at[i] as (typeof at)[number]));
      if (!from || !to) throw new Error("four places");
      return kriging.slowdown(kriging.vantage(from), to);
    };
    expect(Math.abs(slowdown(0, 1) / 2 - 1)).toBeLessThan(0.05);
    expect(slowdown(2, 3)).toBeGreaterThan(1.3);
    expect(slowdown(2, 3)).toBeCloseTo(slowdown(3, 2), 9);
  });

  test("ROUTE-41: what was measured is less uncertain than what was not", () => {
    const at = [LONDON, TOKYO, PARIS].map(unitVector);
    const kriging = Kriging.fit(at, [{ a: 0, b: 1, rttMs: 200, priorMs: 200 }]);
    const [london, tokyo, paris] = at.map((place) => kriging?.affinity(place));
    if (!kriging || !london || !tokyo || !paris) throw new Error("three places");
    expect(kriging.deviation(london, tokyo)).toBeLessThan(0.06);
    expect(kriging.deviation(paris, tokyo)).toBeGreaterThan(kriging.deviation(london, tokyo));
  });
});

describe("the source of a prediction", () => {
  const hubs = (): MemoryCatalog =>
    new MemoryCatalog()
      .putHub(hubView({ hubId: "lon", at: LONDON }))
      .putHub(hubView({ hubId: "tyo", at: TOKYO }))
      .putLinks("lon", [{ peer: "tyo", rttMs: 260, loss: 0, utilisation: 0 }]);

  test("ROUTE-42: measured beats estimated beats geographic, and a report counts for its own pair only", () => {
    const catalog = hubs().putLatency("lon", report("LHR", "c", 33));
    const model = LatencyModel.of(catalog);
    const client = model.client({ ...LONDON, source: "place", place: "LHR" });
    expect(model.measured(client, "c")).toBe(33);
    expect(model.measured(client, "other")).toBeNull();
    expect(model.measured(model.client({ ...LONDON, source: "query" }), "c")).toBeNull();
    const estimated = model.predict(client, model.site(OSAKA));
    expect(estimated.source).toBe("estimated");
    expect(estimated.ms).toBeGreaterThan(geographic(LONDON, OSAKA) * 1.1);
    expect(model.predict(client, model.site({ latitude: -33, longitude: -70 })).source).toBe("geographic");
  });

  test("ROUTE-42: between two places that hubs measured, the measurement itself is the answer", () => {
    const model = LatencyModel.of(hubs());
    expect(model.between(LONDON, TOKYO)).toEqual({ ms: 260, source: "measured" });
    expect(model.between(TOKYO, LONDON)).toEqual({ ms: 260, source: "measured" });
    expect(model.between(LONDON, OSAKA).source).toBe("estimated");
  });

  test("ROUTE-43: old reports do not count, and of several the newest does", () => {
    const catalog = new MemoryCatalog();
    catalog.changedAt = REPORT_FRESH_MS + 10;
    catalog.putLatency("h", report("LHR", "old", 5, 9)).putLatency("h", report("LHR", "c", 7, 20));
    catalog.putLatency("h", report("LHR", "c", 9, 30)).putLatency("h", report("LHR", "c", 1, 25));
    const model = LatencyModel.of(catalog);
    const client = model.client({ ...LONDON, source: "place", place: "LHR" });
    expect(model.measured(client, "old")).toBeNull();
    expect(model.measured(client, "c")).toBe(9);
  });

  test("ROUTE-43: a hub's health checks are reports from that hub", () => {
    const catalog = hubs().putCluster(clusterView("c", { at: LONDON, owner: "lon", record: { checkRttMs: 4 } }));
    const model = LatencyModel.of(catalog);
    expect(model.measured(model.client({ ...LONDON, source: "place", place: "lon" }), "c")).toBe(4);
    catalog.putLatency("lon", report("lon", "c", 9, 50));
    const told = LatencyModel.of(catalog);
    expect(told.measured(told.client({ ...LONDON, source: "place", place: "lon" }), "c")).toBe(4);
  });

  test("ROUTE-44: jitter does not refit the model, a move does, and a kept fit equals a fresh one", () => {
    const catalog = hubs();
    const first = LatencyModel.of(catalog);
    catalog.putLinks("lon", [{ peer: "tyo", rttMs: 260.1, loss: 0, utilisation: 0 }]);
    const second = LatencyModel.of(catalog, first);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(second.between(PARIS, OSAKA)).toEqual(LatencyModel.of(catalog).between(PARIS, OSAKA));
    catalog.putLinks("lon", [{ peer: "tyo", rttMs: 300, loss: 0, utilisation: 0 }]);
    const third = LatencyModel.of(catalog, second);
    expect(third.fingerprint).not.toBe(first.fingerprint);
    expect(third.between(PARIS, OSAKA).ms).toBeGreaterThan(first.between(PARIS, OSAKA).ms);
  });
});

describe("reports from outside", () => {
  const catalog = new MemoryCatalog()
    .putHub(hubView({ hubId: "lon", at: LONDON, region: "eu" }))
    .putCluster(clusterView("c", { at: PARIS }));

  test("ROUTE-45: become records, with the position of a hub or cluster filled in", () => {
    const observations = [
      { from: "lon", coordinates: null, to: "c", rttMs: 8.04 },
      { from: "eu", coordinates: null, to: "c", rttMs: 9 },
    ];
    expect(latencyRecords(observations, catalog, 77)).toEqual({
      ok: true,
      status: 200,
      value: {
        publications: [
          {
            key: "latency/lon/c",
            record: { kind: "latency", from: "lon", coordinates: LONDON, to: "c", rttMs: 8, observedAt: 77 },
          },
          {
            key: "latency/eu/c",
            record: { kind: "latency", from: "eu", coordinates: null, to: "c", rttMs: 9, observedAt: 77 },
          },
        ],
        ignored: [],
      },
    });
  });

  test("ROUTE-47: one faster than light is left out and named, and the others are taken", () => {
    const observations = [
      { from: "lon", coordinates: null, to: "c", rttMs: 1 },
      { from: "lon", coordinates: null, to: "c", rttMs: 8 },
    ];
    expect(latencyRecords(observations, catalog, 0)).toMatchObject({
      value: {
        publications: [{ record: { rttMs: 8 } }],
        ignored: [{ path: "[0].rtt_ms", message: expect.stringContaining("light in fibre needs 3.5") }],
      },
    });
  });

  test("ROUTE-45: when one makes no sense nothing is taken, and each fault is named", () => {
    const observations = [
      { from: "lon", coordinates: null, to: "c", rttMs: 8 },
      { from: "nowhere", coordinates: null, to: "nobody", rttMs: -1 },
    ];
    const reply = latencyRecords(observations, catalog, 0);
    expect(reply).toMatchObject({
      ok: false,
      problem: { extra: { errors: [{ path: "[1].from" }, { path: "[1].to" }, { path: "[1].rtt_ms" }] } },
    });
    expect(latencyRecords([], catalog, 0).ok).toBe(false);
  });
});
