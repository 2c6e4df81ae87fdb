/** Outcomes in words. */
import type { Outcome } from "./simulation.ts";
import { formatEntry } from "./trace.ts";

export function describeOutcome(outcome: Outcome, realMs: number, replay: string): string {
  const { failure } = outcome;
  const lines = [
    `seed ${outcome.seed}   ${outcome.plan}`,
    `  ${outcome.steps} steps, ${outcome.framesSent} frames, ${(outcome.simulatedMs / 60_000).toFixed(1)} virtual minutes in ${(realMs / 1_000).toFixed(1)} s`,
    `  trace ${outcome.traceHash}`,
  ];
  if (failure) {
    lines.push(
      "",
      ...failure.recent.map(formatEntry),
      "",
      `FAILED ${failure.invariant} at ${(failure.afterMs / 1_000).toFixed(4)} s: ${failure.detail}`,
      `replay: ${replay}`,
    );
  } else if (outcome.convergedAfterMs !== null) {
    lines.push(`  converged ${(outcome.convergedAfterMs / 1_000).toFixed(2)} s after healing`);
  }
  return lines.join("\n");
}

export function tableRow(outcome: Outcome, realMs: number): string {
  const verdict = outcome.failure
    ? `FAILED ${outcome.failure.invariant} at ${(outcome.failure.afterMs / 1_000).toFixed(1)} s`
    : `converged in ${((outcome.convergedAfterMs ?? 0) / 1_000).toFixed(2)} s`;
  const cells = [
    String(outcome.seed).padStart(6),
    outcome.traceHash,
    String(outcome.steps).padStart(9),
    `${(realMs / 1_000).toFixed(1)} s`.padStart(8),
    verdict,
  ];
  return cells.join("  ");
}

export const TABLE_HEAD = ["  seed", "trace           ", "    steps", "    took", "outcome"].join("  ");

/** Every mark that any run reached, with how many runs and how often. */
export function describeMarks(outcomes: readonly Outcome[], expected: readonly string[]): string {
  const totals = new Map<string, { runs: number; times: number }>();
  for (const outcome of outcomes) {
    for (const [mark, count] of outcome.marks) {
      const total = totals.get(mark) ?? { runs: 0, times: 0 };
      totals.set(mark, { runs: total.runs + 1, times: total.times + count });
    }
  }
  const reached = [...totals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([mark, { runs, times }]) => `  ${mark.padEnd(36)} ${String(times).padStart(9)} in ${runs} runs`);
  const missed = expected.filter((mark) => !totals.has(mark));
  return ["marks reached:", ...reached, missed.length > 0 ? `never reached: ${missed.join(", ")}` : ""].join("\n");
}
