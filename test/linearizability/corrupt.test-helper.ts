/** Right histories made wrong, each so that no order explains it. Null when this history has no place for that. */
import type { Random } from "../../hub-core/common/random.ts";
import { type Execution, execute, type Plan } from "./generate.ts";
import type { Operation } from "./operation.ts";

type History = readonly Operation[];

/** A read answers with what stood there before a write that was acknowledged before the read began. */
export function staleRead({ history, effects }: Execution, random: Random): History | null {
  const choices = effects.flatMap((read) => {
    const reader = history[read.operation] as Operation;
    if (reader.outcome.kind !== "found") return [];
    return effects
      .filter(({ key, operation, before }) => {
        const writer = history[operation] as Operation;
        const acknowledged = writer.outcome.kind === "written" && (writer.returnedAt ?? 0) < reader.invokedAt;
        return key === read.key && acknowledged && before.value !== null;
      })
      .map(({ before }) => ({ at: read.operation, before }));
  });
  const choice = random.pick(choices);
  if (!choice) return null;
  const { value, version } = choice.before;
  return changed(history, choice.at, { kind: "found", value, version });
}

/** A write is acknowledged and then gone: the next operation finds the key as it was. */
export function lostWrite(plan: Plan, random: Random): History | null {
  return faulty(plan, random, "lose", (write, next) => {
    if (next.outcome.kind === "written")
      return write.outcome.kind === "written" && next.outcome.version === write.outcome.version;
    return next.outcome.kind === "found" && next.invokedAt > (write.returnedAt ?? Number.POSITIVE_INFINITY);
  });
}

/** A conditional write is acknowledged once and applied twice: the next reader sees a version that nobody made. */
export function doubledCas(plan: Plan, random: Random): History | null {
  return faulty(
    plan,
    random,
    "repeat",
    (write, next) => write.kind === "cas" && next.kind === "read" && next.outcome.kind === "found",
  );
}

function faulty(
  plan: Plan,
  random: Random,
  kind: "lose" | "repeat",
  shows: (write: Operation, next: Operation) => boolean,
): History | null {
  const right = execute(plan);
  const acknowledged = right.effects.flatMap(({ operation }, at) =>
    right.history[operation]?.outcome.kind === "written" ? [at] : [],
  );
  const effect = random.pick(acknowledged);
  if (effect === undefined) return null;
  const { history, effects } = execute(plan, { effect, kind });
  const struck = effects[effect];
  const next = effects.slice(effect + 1).find(({ key }) => key === struck?.key);
  if (!struck || !next) return null;
  const write = history[struck.operation] as Operation;
  return write.outcome.kind === "written" && shows(write, history[next.operation] as Operation) ? history : null;
}

/** An unanswered write is read, and a later read of the same key finds what was there before it. */
export function vanished({ history, effects }: Execution, random: Random): History | null {
  const choices = effects.flatMap((write) => {
    if (history[write.operation]?.outcome.kind !== "unknown" || write.after === write.before) return [];
    if (write.before.value === null || write.after.value === null) return [];
    const readers = effects.filter(({ key, operation, after }) => {
      return key === write.key && history[operation]?.outcome.kind === "found" && after.version >= write.after.version;
    });
    return readers.flatMap((first) => {
      const sawIt = history[first.operation] as Operation;
      if (first.after.version !== write.after.version) return [];
      return readers
        .filter(
          ({ operation }) =>
            (history[operation] as Operation).invokedAt > (sawIt.returnedAt ?? Number.POSITIVE_INFINITY),
        )
        .map(({ operation }) => ({ at: operation, before: write.before }));
    });
  });
  const choice = random.pick(choices);
  if (!choice) return null;
  const { value, version } = choice.before;
  return changed(history, choice.at, { kind: "found", value, version });
}

/** Any answer, changed a little: sometimes wrong, sometimes not. */
export function nudged(history: History, random: Random): History {
  const at = random.below(history.length);
  const { outcome } = history[at] as Operation;
  switch (outcome.kind) {
    case "found": {
      const by = random.pick([-1, 1, 2]) ?? 1;
      if (random.below(2) === 0) return changed(history, at, { ...outcome, value: random.below(3) });
      return changed(history, at, { ...outcome, version: Math.max(1, outcome.version + by) });
    }
    case "absent":
      return history[at]?.kind === "read"
        ? changed(history, at, { kind: "found", value: random.below(3), version: 1 + random.below(3) })
        : history;
    case "written":
      if (random.below(3) === 0) return changed(history, at, { kind: "unknown" });
      return changed(history, at, { ...outcome, version: Math.max(1, outcome.version + random.below(3) - 1) });
    case "mismatch":
      return changed(history, at, { kind: "mismatch", seen: random.pick([null, "absent", 1, 2] as const) ?? null });
    default:
      return history;
  }
}

export function changed(history: History, at: number, outcome: Operation["outcome"]): History {
  return history.with(at, { ...(history[at] as Operation), outcome } as Operation);
}
