import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../hub-core/common/random.ts";
import { explained } from "./brute-force.test-helper.ts";
import { check, findingOf } from "./check.ts";
import { doubledCas, lostWrite, nudged, staleRead, vanished } from "./corrupt.test-helper.ts";
import { execute, type Plan } from "./generate.ts";
import type { VersionRules } from "./key-value-model.ts";
import type { Operation } from "./operation.ts";

const finding = (history: readonly Operation[]) => findingOf(check(history));
const plans = fc.record({
  seed: fc.nat(),
  processes: fc.integer({ min: 2, max: 12 }),
  keys: fc.integer({ min: 1, max: 4 }),
  operations: fc.integer({ min: 20, max: 200 }),
  unknown: fc.constantFrom(0, 0.05, 0.2),
  refused: fc.constantFrom(0, 0.1),
});

test("every history of a right store is accepted", () => {
  fc.assert(
    fc.property(plans, fc.constantFrom(2, 5, undefined), (plan, values) => {
      const { history } = execute(values === undefined ? plan : { ...plan, values });
      expect(check(history)).toMatchObject({ unordered: [], wentBack: [], undecided: [] });
    }),
    { numRuns: 300 },
  );
});

test.each<[string, (plan: Plan, random: Random) => readonly Operation[] | null]>([
  ["a read of a value that an acknowledged write had replaced", (plan, random) => staleRead(execute(plan), random)],
  ["an acknowledged write that is lost", lostWrite],
  ["a conditional write that is applied twice", doubledCas],
  ["an unanswered write that was read and then is gone", (plan, random) => vanished(execute(plan), random)],
])("rejected always: %s", (_, corrupt) => {
  let corrupted = 0;
  for (let seed = 1; corrupted < 100; seed++) {
    const random = new Random(seed);
    const plan = { seed, processes: 2 + random.below(8), keys: 2, operations: 80, unknown: 0.1, refused: 0.05 };
    const history = corrupt(plan, random);
    if (history === null) continue;
    corrupted += 1;
    const { unordered } = check(history);
    expect(unordered.length, `seed ${seed}`).toBeGreaterThan(0);
    expect(seed).toBeLessThan(5_000);
  }
});

test.each<VersionRules>([
  { rewrite: "successor", recreate: "higher" },
  { rewrite: "successor", recreate: "successor" },
  { rewrite: "higher", recreate: "higher" },
])("the search says what trying every order says, under $rewrite and $recreate", (versions) => {
  const counts = { accepted: 0, rejected: 0 };
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = new Random(seed);
    const plan = {
      seed,
      processes: 2 + random.below(3),
      keys: 1,
      operations: 3 + random.below(5),
      unknown: random.pick([0.1, 0.3, 0.5]) ?? 0,
      refused: 0.05,
      ...(seed % 2 ? { values: 3 } : {}),
    };
    let history = execute(plan).history;
    for (let nudges = random.below(4); nudges > 0; nudges--) history = nudged(history, random);
    const right = explained(history, versions);
    counts[right ? "accepted" : "rejected"] += 1;
    expect(check(history, { versions }).unordered.length === 0, `seed ${seed}`).toBe(right);
  }
  expect(counts.accepted).toBeGreaterThan(800);
  expect(counts.rejected).toBeGreaterThan(800);
});

test.each([
  ["a twentieth", 0.05, 20],
  ["a fifth", 0.2, 60],
  ["half", 0.5, 200],
])("%s of all answers lost: the work stays in proportion to the length", (_, unknown, each) => {
  for (const seed of [5, 6, 7]) {
    const plan = { seed, processes: 20, keys: 1, operations: 1_000, unknown, refused: 0.05 };
    const verdict = check(execute(plan).history);
    expect(findingOf(verdict)).toBe("linearizable");
    expect(verdict.configurations).toBeLessThan(each * plan.operations);
  }
});

test("a tenth of all answers lost, and few values, so that what was read does not say who wrote it", () => {
  const plan = { seed: 5, processes: 20, keys: 1, operations: 500, unknown: 0.1, refused: 0.05, values: 4 };
  const verdict = check(execute(plan).history);
  expect(findingOf(verdict)).toBe("linearizable");
  expect(verdict.configurations).toBeLessThan(50 * plan.operations);
});

const common = { process: "p", key: "k" } as const;
const lost = { returnedAt: null, outcome: { kind: "unknown" } } as const;

function read(invokedAt: number, value: number, version: number, process = "p", stale = false): Operation {
  const consistency = stale ? "stale" : "linearizable";
  const outcome = { kind: "found", value, version } as const;
  return { ...common, process, kind: "read", consistency, invokedAt, returnedAt: invokedAt + 1, outcome };
}

function write(invokedAt: number, value: number, version: number, revision = version, key = "k"): Operation {
  const outcome = { kind: "written", version, revision, created: version === 1 } as const;
  return { ...common, key, kind: "write", value, invokedAt, returnedAt: invokedAt + 1, outcome };
}

test("a thousand unanswered writes that nobody read, before one version that only they explain", () => {
  const unread = Array.from({ length: 1_000 }, (_, at): Operation => {
    return { ...common, ...lost, kind: "write", value: 1_000 + at, invokedAt: 2 + at / 1_000 };
  });
  const right = check([write(0, 1, 1), ...unread, read(10, 1, 1), write(20, 2, 502), read(30, 2, 502)]);
  expect(findingOf(right)).toBe("linearizable");
  expect(right.configurations).toBeLessThan(5_000);
  expect(finding([write(0, 1, 1), ...unread, write(20, 2, 1_002)])).toBe("linearizable");
  expect(finding([write(0, 1, 1), ...unread, write(20, 2, 1_003)])).toBe("violated");
});

test("a thousand unanswered writes of which every second was read, in any order", () => {
  const random = new Random(3);
  const values = random.shuffle(Array.from({ length: 1_000 }, (_, at) => at));
  const writes = values.map((value): Operation => ({ ...common, ...lost, kind: "write", value, invokedAt: 0 }));
  const reads = random.shuffle([...values]).flatMap((value, at) => (at % 2 ? [read(10 + 2 * at, value, at + 1)] : []));
  const verdict = check([...writes, ...reads]);
  expect(findingOf(verdict)).toBe("linearizable");
  expect(verdict.configurations).toBeLessThan(50_000);
});

test("a refused write must not show, an unanswered one may", () => {
  const refused: Operation = {
    ...common,
    kind: "write",
    value: 2,
    invokedAt: 2,
    returnedAt: 3,
    outcome: { kind: "refused", code: "no_quorum" },
  };
  const unanswered: Operation = { ...common, ...lost, kind: "write", value: 2, invokedAt: 2 };
  const timedOut: Operation = { ...unanswered, returnedAt: 3 };
  expect(finding([write(0, 1, 1), refused, read(4, 2, 2)])).toBe("violated");
  for (const write2 of [unanswered, timedOut]) {
    expect(finding([write(0, 1, 1), write2, read(4, 2, 2)])).toBe("linearizable");
    expect(finding([write(0, 1, 1), write2, read(4, 1, 1), read(6, 2, 2)])).toBe("linearizable");
  }
});

test("a precondition that failed is a look at the key", () => {
  const refusedAt = (seen: number | "absent" | null): Operation => {
    const outcome = { kind: "mismatch", seen } as const;
    return { ...common, kind: "cas", expect: 1, value: 9, invokedAt: 10, returnedAt: 11, outcome };
  };
  const history = [write(0, 1, 1), write(2, 2, 2)];
  expect(finding([...history, refusedAt(2)])).toBe("linearizable");
  expect(finding([...history, refusedAt(null)])).toBe("linearizable");
  expect(finding([...history, refusedAt(3)])).toBe("violated");
  expect(finding([...history, refusedAt("absent")])).toBe("violated");
  expect(finding([write(0, 1, 1), refusedAt(null)])).toBe("violated");
  expect(finding([write(0, 1, 1), refusedAt(1)])).toBe("violated");
});

test("a key that was deleted comes back at a higher version, by the rule of the store", () => {
  const outcome = { kind: "deleted", revision: 2 } as const;
  const removal: Operation = { ...common, kind: "delete", expect: 1, invokedAt: 2, returnedAt: 3, outcome };
  const again = (version: number): Operation => {
    const created = { kind: "written", version, revision: 3, created: true } as const;
    return { ...common, kind: "write", value: 2, invokedAt: 4, returnedAt: 5, outcome: created };
  };
  const underRule = (recreate: "successor" | "higher", version: number) =>
    findingOf(check([write(0, 1, 1), removal, again(version)], { versions: { rewrite: "successor", recreate } }));
  expect([1, 2, 3].map((version) => underRule("higher", version))).toEqual([
    "violated",
    "linearizable",
    "linearizable",
  ]);
  expect([1, 2, 3].map((version) => underRule("successor", version))).toEqual(["violated", "linearizable", "violated"]);
});

test("revisions grow in real time, across keys, and along each key", () => {
  const kinds = (history: readonly Operation[]) => check(history).wentBack.map(({ kind }) => kind);
  expect(kinds([write(0, 1, 1, 1, "a"), write(2, 1, 1, 2, "b")])).toEqual([]);
  expect(kinds([write(0, 1, 1, 2, "a"), write(2, 1, 1, 1, "b")])).toEqual(["revision"]);
  // Overlapping, so that either may be first; but not both.
  expect(kinds([write(0, 1, 1, 2, "a"), write(0.5, 1, 1, 1, "b")])).toEqual([]);
  expect(kinds([write(0, 1, 1, 2, "a"), write(0.5, 1, 1, 2, "b")])).toEqual(["revision"]);
  expect(kinds([write(0, 1, 2, 1), write(0.5, 1, 1, 2)])).toEqual(["version-of-revision"]);
});

test("stale reads may be old, but a client does not go back", () => {
  const stale = (at: number, version: number, process: string) => read(at, version, version, process, true);
  const history = [write(0, 1, 1), write(2, 2, 2)];
  expect(finding([...history, stale(10, 1, "a"), stale(12, 2, "a")])).toBe("linearizable");
  expect(finding([...history, stale(10, 2, "a"), stale(12, 1, "b")])).toBe("linearizable");
  expect(check([...history, stale(10, 2, "a"), stale(12, 1, "a")]).wentBack).toMatchObject([{ kind: "stale-read" }]);
});
