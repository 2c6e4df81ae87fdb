/**
 * Numbers that must not go back in real time: cheap checks beside the search, of what the search of single keys cannot see.
 *
 * - The revision counts the writes of the whole group, so of two acknowledged writes of any keys, the one that began after the other
 *   returned has the greater; no two have the same; and along one key it grows with the version.
 * - A client that read a version of a key does not read an earlier one later at the same hub, stale as it may be.
 */
import type { Operation } from "./operation.ts";

export interface WentBack {
  readonly kind: "revision" | "version-of-revision" | "stale-read";
  readonly earlier: Operation;
  readonly later: Operation;
}

interface Numbered {
  readonly operation: Operation;
  readonly number: number;
}

export function revisionsBack(operations: readonly Operation[]): WentBack[] {
  const changes = operations.flatMap((operation): Numbered[] => {
    const { outcome } = operation;
    return outcome.kind === "written" || outcome.kind === "deleted" ? [{ operation, number: outcome.revision }] : [];
  });
  return [...goesBack("revision", changes, 1), ...twice(changes), ...versionsBack(changes)];
}

export function staleReadsBack(operations: readonly Operation[]): WentBack[] {
  const reads = new Map<string, Numbered[]>();
  for (const operation of operations) {
    const { outcome } = operation;
    if (operation.kind !== "read" || operation.consistency !== "stale" || outcome.kind !== "found") continue;
    const session = JSON.stringify([operation.process, operation.key]);
    const known = reads.get(session);
    if (known) known.push({ operation, number: outcome.version });
    else reads.set(session, [{ operation, number: outcome.version }]);
  }
  return [...reads.values()].flatMap((session) => goesBack("stale-read", session, 0));
}

/** Those that began after one with a greater number returned; `gap` is by how much they must exceed it. */
function goesBack(kind: WentBack["kind"], items: readonly Numbered[], gap: 0 | 1): WentBack[] {
  const returns = items.toSorted((a, b) => (a.operation.returnedAt ?? 0) - (b.operation.returnedAt ?? 0));
  const found: WentBack[] = [];
  let greatest: Numbered | null = null;
  let at = 0;
  for (const item of items.toSorted((a, b) => a.operation.invokedAt - b.operation.invokedAt)) {
    for (let next = returns[at]; next && isBefore(next, item); next = returns[++at])
      if (greatest === null || next.number > greatest.number) greatest = next;
    if (greatest && item.number < greatest.number + gap)
      found.push({ kind, earlier: greatest.operation, later: item.operation });
  }
  return found;
}

function isBefore(a: Numbered, b: Numbered): boolean {
  return a.operation.returnedAt !== null && a.operation.returnedAt < b.operation.invokedAt;
}

function twice(changes: readonly Numbered[]): WentBack[] {
  const first = new Map<number, Operation>();
  const found: WentBack[] = [];
  for (const { operation, number } of changes) {
    const other = first.get(number);
    if (other) found.push({ kind: "revision", earlier: other, later: operation });
    else first.set(number, operation);
  }
  return found;
}

function versionsBack(changes: readonly Numbered[]): WentBack[] {
  const newest = new Map<string, { operation: Operation; version: number }>();
  const found: WentBack[] = [];
  for (const { operation } of changes.toSorted((a, b) => a.number - b.number)) {
    if (operation.outcome.kind !== "written") continue;
    const { version } = operation.outcome;
    const before = newest.get(operation.key);
    if (before && version <= before.version)
      found.push({ kind: "version-of-revision", earlier: before.operation, later: operation });
    else newest.set(operation.key, { operation, version });
  }
  return found;
}
