/** A verdict in words: what was promised, and which operations break it. */
import { unreachable } from "../../hub-core/common/types.ts";
import { findingOf, type Unordered, type Verdict } from "./check.ts";
import { canonical } from "./key-call.ts";
import type { Expectation, Operation } from "./operation.ts";
import type { WentBack } from "./real-time-order.ts";

/** Of the order that was found, and of pairs that went back. */
const SHOWN = 8;
const LONGEST_VALUE = 40;

export function describeVerdict(verdict: Verdict): string {
  const { operations, keys, configurations, unordered, wentBack, undecided } = verdict;
  const lines = [
    `${findingOf(verdict)}: ${operations} operations on ${keys} keys, ${configurations} configurations explored`,
  ];
  const [shortest] = unordered;
  if (shortest) lines.push(...describeUnordered(shortest));
  if (unordered.length > 1) lines.push(`the same of ${unordered.length - 1} more keys: ${namesOf(unordered.slice(1))}`);
  for (const pair of wentBack.slice(0, SHOWN)) lines.push(...describeWentBack(pair));
  if (wentBack.length > SHOWN) lines.push(`and ${wentBack.length - SHOWN} more pairs that went back`);
  if (undecided.length > 0) lines.push(`given up, too many orders to try: ${undecided.slice(0, SHOWN).join(", ")}`);
  return lines.join("\n");
}

function namesOf(unordered: readonly Unordered[]): string {
  return unordered
    .slice(0, SHOWN)
    .map(({ key }) => key)
    .join(", ");
}

function describeUnordered({ key, length, operation, open, excluded, order, state }: Unordered): string[] {
  const hidden = order.length - SHOWN;
  const section = (title: string, operations: readonly Operation[]): string[] =>
    operations.length === 0 ? [] : [title, ...operations.map((each) => `    ${describeOperation(each)}`)];
  return [
    `key ${key}, after ${length} operations: no order explains`,
    `    ${describeOperation(operation)}`,
    ...section("  since then these, still open, never could:", excluded),
    ...section("  open at the same time:", open),
    `  the furthest order before it ends in ${state}`,
    ...(hidden > 0 ? [`    … ${hidden} before`] : []),
    ...order.slice(-SHOWN).map((each) => `    ${describeOperation(each)}`),
  ];
}

function describeWentBack({ kind, earlier, later }: WentBack): string[] {
  return [`${titleOf(kind)}:`, `    ${describeOperation(earlier)}`, `    ${describeOperation(later)}`];
}

function titleOf(kind: WentBack["kind"]): string {
  switch (kind) {
    case "revision":
      return "the revision did not grow";
    case "version-of-revision":
      return "the revision grew and the version of the key did not";
    case "stale-read":
      return "a client read an older version than it had read before";
    default:
      return unreachable(kind);
  }
}

export function describeOperation(operation: Operation): string {
  const { process, invokedAt, returnedAt } = operation;
  const span = `[${time(invokedAt)}, ${returnedAt === null ? "no answer" : time(returnedAt)}]`;
  return `${span} ${process}: ${asked(operation)} → ${answered(operation.outcome)}`;
}

function asked(operation: Operation): string {
  const { key } = operation;
  switch (operation.kind) {
    case "read":
      return `${operation.consistency === "stale" ? "stale read" : "read"} ${key}`;
    case "write":
      return `write ${key} = ${brief(canonical(operation.value))}`;
    case "cas":
      return `write ${key} = ${brief(canonical(operation.value))} if ${expected(operation.expect)}`;
    case "delete":
      return `delete ${key}${operation.expect === null ? "" : ` if ${expected(operation.expect)}`}`;
    default:
      return unreachable(operation);
  }
}

function expected(expect: Expectation): string {
  return expect === "absent" ? "absent" : `at version ${expect}`;
}

function answered(outcome: Operation["outcome"]): string {
  switch (outcome.kind) {
    case "found":
      return `${brief(canonical(outcome.value))} at version ${outcome.version}`;
    case "absent":
      return "absent";
    case "written":
      return `${outcome.created ? "created" : "written"} at version ${outcome.version}, revision ${outcome.revision}`;
    case "deleted":
      return `deleted, revision ${outcome.revision}`;
    case "mismatch":
      return outcome.seen === null ? "refused, it was not so" : `refused, it was ${expected(outcome.seen)}`;
    case "refused":
      return `refused, ${outcome.code}`;
    case "unknown":
      return "unknown";
    default:
      return unreachable(outcome);
  }
}

function brief(value: string): string {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}

function time(at: number): string {
  return `${at.toFixed(3)} ms`;
}
