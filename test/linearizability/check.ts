/** A recorded history against the promises of the strong store. Keys are independent objects, so each is searched alone (Herlihy & Wing 1990, locality). */
import { linearize, MOST_CONFIGURATIONS } from "./just-in-time.ts";
import { type KeyCall, keyCalls } from "./key-call.ts";
import { keyValueModel, STORE_VERSIONS, type VersionRules } from "./key-value-model.ts";
import type { Operation } from "./operation.ts";
import { revisionsBack, staleReadsBack, type WentBack } from "./real-time-order.ts";

export interface Verdict {
  readonly operations: number;
  readonly keys: number;
  /** Configurations explored, over all keys: the work that it took. */
  readonly configurations: number;
  /** Keys that no order explains; the one with the shortest history first. */
  readonly unordered: readonly Unordered[];
  readonly wentBack: readonly WentBack[];
  /** Keys whose search was given up: neither right nor wrong. */
  readonly undecided: readonly string[];
}

export interface Unordered {
  readonly key: string;
  /** Operations of the key until then. */
  readonly length: number;
  readonly operation: Operation;
  /** Open with it, and not in the order. */
  readonly open: readonly Operation[];
  /** Open with it, and impossible for ever once it took effect. */
  readonly excluded: readonly Operation[];
  /** The longest order that was found, and the state that it ends in. */
  readonly order: readonly Operation[];
  readonly state: string;
}

export interface CheckOptions {
  readonly versions?: VersionRules;
  /** Configurations explored for one key before it is given up. */
  readonly limit?: number;
}

/** The history of one group: revisions of two groups have nothing to do with each other. */
export function check(history: readonly Operation[], options: CheckOptions = {}): Verdict {
  const model = keyValueModel(options.versions ?? STORE_VERSIONS);
  const byKey = Map.groupBy(history, ({ key }) => key);
  const unordered: Unordered[] = [];
  const undecided: string[] = [];
  let configurations = 0;
  for (const [key, operations] of byKey) {
    const calls = keyCalls(operations);
    const ordering = linearize(calls, model, options.limit ?? MOST_CONFIGURATIONS);
    configurations += ordering.configurations;
    if (ordering.kind === "undecided") undecided.push(key);
    if (ordering.kind !== "stuck") continue;
    const at = (call: number): Operation => (calls[call] as KeyCall).operation;
    unordered.push({
      key,
      length: ordering.order.length + ordering.open.length + 1,
      operation: at(ordering.call),
      open: ordering.open.map(at),
      excluded: ordering.excluded.map(at),
      order: ordering.order.map(at),
      state: model.describe(ordering.state),
    });
  }
  return {
    operations: history.length,
    keys: byKey.size,
    configurations,
    unordered: unordered.sort((a, b) => a.length - b.length),
    wentBack: [...revisionsBack(history), ...staleReadsBack(history)],
    undecided,
  };
}

export type Finding = "linearizable" | "violated" | "undecided";

export function findingOf({ unordered, wentBack, undecided }: Verdict): Finding {
  if (unordered.length > 0 || wentBack.length > 0) return "violated";
  return undecided.length > 0 ? "undecided" : "linearizable";
}
