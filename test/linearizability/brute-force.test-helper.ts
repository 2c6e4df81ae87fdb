/**
 * The definition itself, for histories of a few operations of one key: tries every order that time allows, every subset of the unanswered
 * operations, and every version that a key can come back at. Shares nothing with the search it is compared with.
 */
import { canonical } from "./key-call.ts";
import type { VersionRules } from "./key-value-model.ts";
import type { Operation } from "./operation.ts";

interface Cell {
  readonly value: string | null;
  readonly version: number;
}

/** Versions up to this are tried where the store may choose. */
const HIGHEST_VERSION = 12;

export function explained(history: readonly Operation[], rules: VersionRules): boolean {
  const bound = history.filter(({ outcome }) => outcome.kind !== "refused");
  return tryFrom({ value: null, version: 0 }, bound, rules);
}

function tryFrom(cell: Cell, left: readonly Operation[], rules: VersionRules): boolean {
  if (left.every(({ outcome }) => outcome.kind === "unknown")) return true;
  const deadline = Math.min(...left.map(endOf));
  return left.some(
    (operation) =>
      operation.invokedAt <= deadline &&
      after(cell, operation, rules).some((next) =>
        tryFrom(
          next,
          left.filter((other) => other !== operation),
          rules,
        ),
      ),
  );
}

function endOf({ outcome, returnedAt }: Operation): number {
  return outcome.kind === "unknown" || returnedAt === null ? Number.POSITIVE_INFINITY : returnedAt;
}

/** Every cell that the operation can leave behind and report what it reported. */
function after(cell: Cell, operation: Operation, rules: VersionRules): Cell[] {
  const { outcome } = operation;
  const there = cell.value !== null;
  const expect = operation.kind === "cas" || operation.kind === "delete" ? operation.expect : null;
  const holds = expect === null || expect === (there ? cell.version : "absent");
  switch (outcome.kind) {
    case "found":
      return canonical(outcome.value) === cell.value && outcome.version === cell.version ? [cell] : [];
    case "absent":
      return there ? [] : [cell];
    case "mismatch":
      return !holds && (outcome.seen === null || outcome.seen === (there ? cell.version : "absent")) ? [cell] : [];
    case "refused":
      return [cell];
    default:
      if (!holds) return [];
  }
  if (operation.kind === "read") return [];
  if (operation.kind === "delete") return there ? [{ ...cell, value: null }] : [];
  if (outcome.kind === "written" && outcome.created === there) return [];
  const next = cell.version + 1;
  const rule = there || cell.version === 0 ? rules.rewrite : rules.recreate;
  const choices = rule === "successor" ? [next] : Array.from({ length: HIGHEST_VERSION }, (_, at) => next + at);
  return choices
    .filter((version) => outcome.kind !== "written" || outcome.version === version)
    .map((version) => ({ value: canonical(operation.value), version }));
}
