/**
 * The recorded operations of one key as calls of the model, with what the rest of the history tells about those of unknown outcome:
 *
 * - refused ones, unanswered reads and stale reads say nothing of the order;
 * - an unanswered write whose value only it wrote, and somebody read, did take effect: before that answer came, at the version it told;
 * - unanswered writes of values that nobody read are all alike.
 */
import { type Json, type Millis, unreachable } from "../../hub-core/common/types.ts";
import type { KeyOp } from "./key-value-model.ts";
import type { Call } from "./model.ts";
import { type Operation, settledAt } from "./operation.ts";

export interface KeyCall extends Call<KeyOp> {
  readonly operation: Operation;
}

/** No JSON text, so no value of a user. */
const UNREAD = "?";

interface Sighting {
  readonly version: number;
  readonly returnedAt: Millis;
}

export function keyCalls(operations: readonly Operation[]): KeyCall[] {
  const sightings = firstSightings(operations);
  const writers = countWriters(operations);
  return operations.flatMap((operation) => {
    const op = keyOp(operation);
    if (op === null) return [];
    const call = { operation, op, invokedAt: operation.invokedAt, returnedAt: settledAt(operation) };
    if (op.kind !== "put" || op.version !== null) return [call];
    const sighting = sightings.get(op.value);
    if (!sighting) return [{ ...call, op: { ...op, value: UNREAD } }];
    // Read before it was written: the read is what is wrong, and will be found so.
    if (writers.get(op.value) !== 1 || sighting.returnedAt < operation.invokedAt) return [call];
    return [{ ...call, op: { ...op, version: sighting.version }, returnedAt: sighting.returnedAt }];
  });
}

function keyOp(operation: Operation): KeyOp | null {
  const { outcome } = operation;
  switch (outcome.kind) {
    case "refused":
      return null;
    case "found":
      if (operation.kind === "read" && operation.consistency === "stale") return null;
      return { kind: "see", value: canonical(outcome.value), version: outcome.version };
    case "absent":
      if (operation.kind === "read" && operation.consistency === "stale") return null;
      return { kind: "see-absent" };
    case "mismatch":
      return mismatch(operation, outcome.seen);
    case "written":
      return change(operation, outcome.version, outcome.created);
    case "deleted":
    case "unknown":
      return change(operation, null, null);
    default:
      return unreachable(outcome);
  }
}

function mismatch(operation: Operation, seen: number | "absent" | null): KeyOp {
  const than = operation.kind === "cas" || operation.kind === "delete" ? operation.expect : null;
  if (than === null) throw new Error(`${operation.kind} of ${operation.key}: a mismatch without a precondition`);
  if (seen !== "absent") return { kind: "see-other", than, version: seen };
  // It said that the key is absent, when that is what was asked: no state answers so.
  return than === "absent" ? { kind: "see", value: null, version: 0 } : { kind: "see-absent" };
}

function change(operation: Operation, version: number | null, created: boolean | null): KeyOp | null {
  switch (operation.kind) {
    case "read":
      return null;
    case "write":
      return { kind: "put", value: canonical(operation.value), expect: null, version, created };
    case "cas":
      return { kind: "put", value: canonical(operation.value), expect: operation.expect, version, created };
    case "delete":
      return { kind: "remove", expect: operation.expect };
    default:
      return unreachable(operation);
  }
}

/** The answer that came first, for each value that was read. */
function firstSightings(operations: readonly Operation[]): Map<string, Sighting> {
  const first = new Map<string, Sighting>();
  for (const operation of operations) {
    const { outcome } = operation;
    if (outcome.kind !== "found" || keyOp(operation) === null) continue;
    const value = canonical(outcome.value);
    const returnedAt = settledAt(operation);
    const known = first.get(value);
    if (!known || returnedAt < known.returnedAt) first.set(value, { version: outcome.version, returnedAt });
  }
  return first;
}

function countWriters(operations: readonly Operation[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const operation of operations) {
    if (operation.kind !== "write" && operation.kind !== "cas") continue;
    if (operation.outcome.kind === "refused" || operation.outcome.kind === "mismatch") continue;
    const value = canonical(operation.value);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** Equal for equal values, however their members are ordered. */
export function canonical(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
