/** What an exploration saw, in words. */
import type { Exploration } from "./explore.ts";

export function describeExploration<State>(
  name: string,
  { kind, states, transitions, depth, ms, violation }: Exploration<State>,
  describe: (state: State) => string,
): string {
  const seconds = (ms / 1_000).toFixed(1);
  const head = `${name}: ${states} states, ${transitions} transitions, depth ${depth}, ${seconds} s`;
  if (!violation)
    return `${head}: ${kind === "complete" ? "every promise holds in all of them" : "no broken promise within the bounds"}`;
  return [
    `${head}: broken`,
    ...violation.promises.map((promise) => `  ${promise}`),
    `after ${violation.trace.length} actions:`,
    ...violation.trace.map((action, index) => `  ${String(index + 1).padStart(3)}. ${action}`),
    describe(violation.state),
  ].join("\n");
}
