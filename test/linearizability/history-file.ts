/** A history as text: one operation a line, as JSON. */
import { z } from "zod";
import { type Operation, operationSchema } from "./operation.ts";

export type LoadedHistory =
  | { readonly ok: true; readonly history: readonly Operation[] }
  | { readonly ok: false; readonly line: number; readonly problem: string };

export function toLines(history: readonly Operation[]): string {
  return history.map((operation) => `${JSON.stringify(operation)}\n`).join("");
}

/** Empty lines are skipped; anything else that is no operation is told with its line, from 1. */
export function fromLines(text: string): LoadedHistory {
  const history: Operation[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const refusal = { ok: false, line: index + 1 } as const;
    const json = parsed(line);
    if (json === undefined) return { ...refusal, problem: "is not JSON: was the file cut off?" };
    const operation = operationSchema.safeParse(json);
    if (!operation.success) return { ...refusal, problem: z.prettifyError(operation.error) };
    const problem = contradiction(operation.data);
    if (problem) return { ...refusal, problem };
    history.push(operation.data);
  }
  return { ok: true, history };
}

function contradiction({ kind, invokedAt, returnedAt, outcome, ...operation }: Operation): string | null {
  if (returnedAt === null && outcome.kind !== "unknown") return "has an outcome and no time at which it came";
  if (returnedAt !== null && returnedAt < invokedAt) return "returned before it was invoked";
  if (kind === "delete" && outcome.kind === "mismatch" && "expect" in operation && operation.expect === null)
    return "failed a precondition that it did not have";
  return null;
}

/** Undefined when it is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
