import { expect, test } from "vitest";
import { explore } from "./explore.ts";
import type { Machine, Successor } from "./machine.ts";
import { describeExploration } from "./report.ts";

const PLENTY = { states: 1_000_000 };

interface Jugs {
  readonly small: number;
  readonly big: number;
}

/** Lamport's Die Hard problem: a jug of 3 gallons and one of 5, and 4 are wanted. TLC finds 97 states, 16 of them different. */
function jugs(forbidden: number | null): Machine<Jugs> {
  return {
    initial: [{ small: 0, big: 0 }],
    successors: ({ small, big }) => {
      const toBig = Math.min(small, 5 - big);
      const toSmall = Math.min(big, 3 - small);
      return [
        { action: "fill small", state: { small: 3, big } },
        { action: "fill big", state: { small, big: 5 } },
        { action: "empty small", state: { small: 0, big } },
        { action: "empty big", state: { small, big: 0 } },
        { action: "small to big", state: { small: small - toBig, big: big + toBig } },
        { action: "big to small", state: { small: small + toSmall, big: big - toSmall } },
      ];
    },
    key: ({ small, big }) => `${small} ${big}`,
    violations: ({ big }) => (big === forbidden ? [`${big} gallons`] : []),
  };
}

test("every state is found once, and every transition tried", () => {
  expect(explore(jugs(null), PLENTY)).toMatchObject({ kind: "complete", states: 16, transitions: 96, violation: null });
});

test("a broken promise comes with the shortest way to it", () => {
  const { kind, violation, depth } = explore(jugs(4), PLENTY);
  expect(kind).toBe("violated");
  expect(depth).toBe(6);
  expect(violation).toMatchObject({ promises: ["4 gallons"], state: { small: 3, big: 4 } });
  expect(violation?.trace).toEqual([
    "fill big",
    "big to small",
    "empty small",
    "big to small",
    "fill big",
    "big to small",
  ]);
});

test("a promise that the first state breaks has no trace", () => {
  expect(explore(jugs(0), PLENTY)).toMatchObject({ kind: "violated", states: 1, violation: { trace: [] } });
});

test("a bound on states or depth is said, and kept", () => {
  expect(explore(jugs(null), { states: 10 })).toMatchObject({ kind: "bounded", states: 10 });
  expect(explore(jugs(4), { ...PLENTY, depth: 5 })).toMatchObject({ kind: "bounded", depth: 5, violation: null });
  expect(explore(jugs(4), { ...PLENTY, depth: 6 }).kind).toBe("violated");
});

type Phase = "idle" | "asking" | "waiting" | "inside";
interface Process {
  readonly phase: Phase;
  readonly flag: boolean;
}
interface Mutex {
  readonly processes: readonly [Process, Process];
  readonly turn: 0 | 1;
}

/** Peterson 1981, "Myths about the mutual exclusion problem"; broken when the turn is given before the flag is raised. */
function peterson(order: "flag first" | "turn first"): Machine<Mutex> {
  const idle = { phase: "idle", flag: false } as const;
  const moved = (state: Mutex, who: 0 | 1, changes: Partial<Process>, turn = state.turn): Mutex => {
    const processes: [Process, Process] = [...state.processes];
    processes[who] = { ...processes[who], ...changes };
    return { processes, turn };
  };
  const step = (state: Mutex, who: 0 | 1): Mutex => {
    const other = who === 0 ? 1 : 0;
    const flagFirst = order === "flag first";
    switch (state.processes[who].phase) {
      case "idle":
        return flagFirst
          ? moved(state, who, { phase: "asking", flag: true })
          : moved(state, who, { phase: "asking" }, other);
      case "asking":
        return flagFirst
          ? moved(state, who, { phase: "waiting" }, other)
          : moved(state, who, { phase: "waiting", flag: true });
      case "waiting":
        return state.processes[other].flag && state.turn === other ? state : moved(state, who, { phase: "inside" });
      case "inside":
        return moved(state, who, idle);
    }
  };
  const text = ({ processes, turn }: Mutex): string =>
    `${processes.map(({ phase, flag }) => `${phase}${flag ? "!" : ""}`).join()} ${turn}`;
  return {
    initial: [0, 1].map((turn) => ({ processes: [idle, idle], turn: turn as 0 | 1 })),
    successors: (state) =>
      ([0, 1] as const).map((who): Successor<Mutex> => ({ action: `${who} steps`, state: step(state, who) })),
    key: text,
    symmetric: ({ processes: [first, second], turn }) => [{ processes: [second, first], turn: turn === 0 ? 1 : 0 }],
    violations: ({ processes }) => (processes.every(({ phase }) => phase === "inside") ? ["two inside"] : []),
  };
}

test("mutual exclusion holds in all states, and symmetry halves them", () => {
  const { symmetric, ...plain } = peterson("flag first");
  const all = explore(plain, PLENTY);
  const reduced = explore({ ...plain, ...(symmetric ? { symmetric } : {}) }, PLENTY);
  expect(all.kind).toBe("complete");
  expect(reduced).toMatchObject({ kind: "complete", depth: all.depth });
  // No state is its own mirror image: the turn is always somebody's.
  expect(reduced.states).toBe(all.states / 2);
});

test("mutual exclusion that is broken is found broken, with and without symmetry", () => {
  const { symmetric, ...plain } = peterson("turn first");
  for (const machine of [plain, { ...plain, ...(symmetric ? { symmetric } : {}) }]) {
    const { violation } = explore(machine, PLENTY);
    expect(violation?.promises).toEqual(["two inside"]);
    expect(violation?.trace).toHaveLength(6);
  }
});

/** Of n interchangeable counters each below m, as many states as there are multisets: (n + m − 1)! / n! (m − 1)!. */
test("symmetry under every renaming leaves one state of each kind", () => {
  const counters: Machine<readonly number[]> = {
    initial: [[0, 0, 0, 0]],
    successors: (state) =>
      state.flatMap((count, at) => (count < 3 ? [{ action: `${at} counts`, state: state.with(at, count + 1) }] : [])),
    key: (state) => state.join(),
    violations: () => [],
  };
  const sorted = (state: readonly number[]) => [state.toSorted((a, b) => a - b)];
  expect(explore(counters, PLENTY)).toMatchObject({ kind: "complete", states: 256 });
  expect(explore({ ...counters, key: (state) => sorted(state).join() }, PLENTY)).toMatchObject({
    states: 35,
    depth: 12,
  });
});

test("the report counts, and tells a broken promise as a story", () => {
  const text = describeExploration("jugs", explore(jugs(4), PLENTY), ({ small, big }) => `small ${small}, big ${big}`);
  expect(text).toMatch(
    /^jugs: \d+ states, \d+ transitions, depth 6, \d+\.\d s: broken\n {2}4 gallons\nafter 6 actions:\n {4}1\. fill big\n/,
  );
  expect(text).toMatch(/\nsmall 3, big 4$/);
  expect(describeExploration("jugs", explore(jugs(null), PLENTY), String)).toMatch(
    /every promise holds in all of them$/,
  );
  expect(describeExploration("jugs", explore(jugs(null), { states: 3 }), String)).toMatch(/within the bounds$/);
});
