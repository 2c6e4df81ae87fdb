import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildCandidateTable, type CandidateTable } from "./candidate-table.ts";
import { type Constraints, judge, RULES, type RuleName, removedBy } from "./rules.ts";
import { type ClusterSpec, clusterView, MemoryCatalog } from "./testing/memory-catalog.ts";
import { versionRange } from "./version-range.ts";

const ANY: Constraints = { version: null, tags: [], namespace: null, jurisdiction: null, exclude: [] };

function tableOf(spec: ClusterSpec): CandidateTable {
  const table = buildCandidateTable(new MemoryCatalog().putCluster(clusterView("c", spec)), "api");
  if (!table) throw new Error("the cluster offers the service");
  return table;
}

function reason(spec: ClusterSpec, constraints: Partial<Constraints> = {}, now = 0): RuleName | null {
  const table = tableOf(spec);
  return removedBy(table, judge(table, { ...ANY, ...constraints }, now), 0);
}

describe("rules remove", () => {
  test("ROUTE-1: rules apply in a fixed order and the first that removes is the one reason", () => {
    const everythingWrong: ClusterSpec = {
      service: { healthy: false, capacity: 0 },
      record: { state: "critical", jurisdiction: "us", namespace: "other" },
    };
    const asked = { version: "2.0.0", tags: ["gpu"], jurisdiction: "eu", exclude: ["c"] };
    expect(reason(everythingWrong, asked)).toBe("version");
    expect(reason(everythingWrong, { ...asked, version: null })).toBe("tags");
    expect(reason(everythingWrong, { ...asked, version: null, tags: [] })).toBe("namespace");
    expect(reason(everythingWrong, { jurisdiction: "eu", namespace: "other", exclude: ["c"] })).toBe("jurisdiction");
    expect(reason(everythingWrong, { namespace: "other", exclude: ["c"] })).toBe("health");
    expect(reason({ service: { capacity: 0 } }, { exclude: ["c"] })).toBe("capacity");
    expect(reason({}, { exclude: ["c"] })).toBe("excluded");
    expect(RULES).toEqual([
      "service",
      "version",
      "tags",
      "namespace",
      "jurisdiction",
      "health",
      "drain",
      "maintenance",
      "capacity",
      "excluded",
    ]);
  });

  test("ROUTE-2: jurisdiction fails closed: a cluster that declares none is out when one is asked for", () => {
    expect(reason({}, { jurisdiction: "eu" })).toBe("jurisdiction");
    expect(reason({ record: { jurisdiction: "us" } }, { jurisdiction: "eu" })).toBe("jurisdiction");
    expect(reason({ record: { jurisdiction: "eu" } }, { jurisdiction: "eu" })).toBeNull();
    expect(reason({ record: { jurisdiction: "eu" } })).toBeNull();
  });

  test("ROUTE-3: critical clusters and unhealthy services are removed; warning and unvouched ones stay", () => {
    expect(reason({ record: { state: "critical" } })).toBe("health");
    expect(reason({ service: { healthy: false } })).toBe("health");
    expect(reason({ record: { state: "warning" } })).toBeNull();
    expect(reason({ vouched: false })).toBeNull();
  });

  test("ROUTE-4: draining and maintenance remove; a window counts from its start up to its end", () => {
    expect(reason({ record: { state: "draining" } })).toBe("drain");
    expect(reason({ record: { state: "maintenance" } })).toBe("maintenance");
    const record = { maintenance: { startsAt: 100, endsAt: 200 } };
    expect([99, 100, 199, 200].map((now) => reason({ record }, {}, now))).toEqual([
      null,
      "maintenance",
      "maintenance",
      null,
    ]);
  });

  test("ROUTE-1: an open window is named before a capacity that is used up, and after what comes first", () => {
    const record = { maintenance: { startsAt: 100, endsAt: 200 } };
    expect(reason({ service: { capacity: 0 }, record }, {}, 150)).toBe("maintenance");
    expect(reason({ service: { capacity: 0 }, record }, {}, 250)).toBe("capacity");
    expect(reason({ record: { ...record, state: "draining" } }, {}, 150)).toBe("drain");
  });

  test("ROUTE-4: verdicts say until when they hold", () => {
    const table = tableOf({ record: { maintenance: { startsAt: 100, endsAt: 200 } } });
    const spans = [0, 100, 150, 200].map((now) => judge(table, ANY, now)).map((v) => [v.validFrom, v.validUntil]);
    expect(spans).toEqual([
      [-Infinity, 100],
      [100, 200],
      [100, 200],
      [200, Infinity],
    ]);
  });

  test("ROUTE-5: only a stated capacity can be used up", () => {
    expect(reason({ service: { capacity: 10, load: 1 } })).toBe("capacity");
    expect(reason({ service: { capacity: 10 }, record: { load: 1 } })).toBe("capacity");
    expect(reason({ service: { capacity: 10, load: 0.99 } })).toBeNull();
    expect(reason({ service: { capacity: null, load: 1 } })).toBeNull();
  });

  test("ROUTE-6: every tag asked for must be carried", () => {
    expect(reason({ service: { tags: ["gpu"] } }, { tags: ["gpu", "eu"] })).toBe("tags");
    expect(reason({ service: { tags: ["eu", "gpu"] } }, { tags: ["gpu", "eu"] })).toBeNull();
  });

  test("ROUTE-7: versions match exactly or by range", () => {
    const accepts = (range: string, ...versions: readonly (string | null)[]) => {
      const matches = versionRange(range);
      return matches && versions.map(matches);
    };
    expect(accepts("*", "1.0.0", null)).toEqual([true, true]);
    expect(accepts("1.2.3", "1.2.3", "v1.2.3", "1.2.4", null)).toEqual([true, true, false, false]);
    expect(accepts("v1.2.3", "1.2.3", "1.2.4")).toEqual([true, false]);
    expect(accepts("1.2", "1.2", "1.2.9", "1.3.0")).toEqual([true, true, false]);
    expect(accepts("^1.2.3", "1.2.2", "1.2.3", "1.9.0", "2.0.0")).toEqual([false, true, true, false]);
    expect(accepts("^0.2.3", "0.2.3", "0.2.9", "0.3.0")).toEqual([true, true, false]);
    expect(accepts("^0.0.3", "0.0.3", "0.0.4")).toEqual([true, false]);
    expect(accepts("~1.2", "1.2.0", "1.2.9", "1.3.0")).toEqual([true, true, false]);
    expect(accepts("1.x", "1.0.0", "1.9.9", "2.0.0")).toEqual([true, true, false]);
    expect(accepts("1.2.x", "1.2.5", "1.3.0")).toEqual([true, false]);
    expect(accepts("=1.2.3", "1.2.3", "1.2.4")).toEqual([true, false]);
    expect(accepts(">=1.2", "1.1.9", "1.2.0", "9.0.0", null)).toEqual([false, true, true, false]);
    expect(accepts(">1.2", "1.2.9", "1.3.0")).toEqual([false, true]);
    expect(accepts("<1.2", "1.1.9", "1.2.0")).toEqual([true, false]);
    expect(accepts("<=1.2", "1.2.9", "1.3.0")).toEqual([true, false]);
    expect(accepts(">= 1.2.0 <2", "1.1.0", "1.5.0", "2.0.0")).toEqual([false, true, false]);
    expect(accepts("1.x || >=3", "1.5.0", "2.0.0", "3.0.1")).toEqual([true, false, true]);
    expect(accepts("^1.0.0", "1.1.0-rc.1")).toEqual([false]);
    expect(accepts("1.1.0-rc.1", "1.1.0-rc.1", "1.1.0")).toEqual([true, false]);
  });

  test("ROUTE-7: what is no range is told from one that matches nothing", () => {
    for (const text of [
      "banana",
      "^nonsense",
      "1.2.3.4",
      "1.x.3",
      "",
      "||",
      "1 ||",
      ">",
      "^*",
      ">=1.2.3-rc.1",
      "a || 1",
    ])
      expect(versionRange(text)).toBeNull();
  });

  test("ROUTE-7: a caret range holds from its own version up to the next breaking one, for any version", () => {
    const part = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(part, part, part, part, part, part, (a, b, c, x, y, z) => {
        const after = x - a || y - b || z - c;
        const sameBreaking = a > 0 ? x === a : b > 0 ? x === 0 && y === b : x === 0 && y === 0 && z === c;
        expect(versionRange(`^${a}.${b}.${c}`)?.(`${x}.${y}.${z}`)).toBe(after >= 0 && sameBreaking);
      }),
    );
  });
});
