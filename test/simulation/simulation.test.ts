import { expect, test } from "vitest";
import { parseFaults } from "./faults/plan.ts";
import { realHubs } from "./hub-kind.ts";
import { type Outcome, simulate } from "./simulation.ts";
import { federation, flatGroup, type Topology } from "./topology.ts";

function run(seed: number, topology: Topology, minutes: number, list: string): Outcome {
  const faults = parseFaults(list);
  if ("unknown" in faults) throw new Error(faults.unknown);
  return simulate({ seed, topology, minutes, faults: faults.names }, realHubs);
}

test("a federation forms, serves and stays quiet when nothing is wrong", () => {
  const outcome = run(1, federation(12, "responsive"), 1, "none");
  expect(outcome.failure).toBeNull();
  expect(outcome.marks.map(([mark]) => mark)).toContain("workload:routed");
});

test.each([1, 2, 3, 4])("seed %i: no promise is broken under any mix of faults, and all converges after", (seed) => {
  const outcome = run(seed, federation(9, "responsive"), 2, "all");
  expect(outcome.failure).toBeNull();
  expect(outcome.convergedAfterMs).not.toBeNull();
});

test("a flat group of 30 survives crashes of every kind", () => {
  const outcome = run(5, flatGroup(30, "responsive"), 1, "crash,silent-death,eviction,pause");
  expect(outcome.failure).toBeNull();
});

test("the same seed gives the same run, byte for byte", () => {
  const [first, second] = [1, 2].map(() => run(11, federation(6, "responsive"), 1, "all"));
  expect(first?.traceHash).toBe(second?.traceHash);
  expect(first?.steps).toBe(second?.steps);
});
