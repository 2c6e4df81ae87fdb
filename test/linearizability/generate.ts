/**
 * Histories of a store that is right by construction: every operation takes effect at one moment between its invocation and its return, on
 * one map. Some answers are lost, and some effects come long after their clients gave up. A fault makes the store wrong on purpose.
 */
import FlatQueue from "flatqueue";
import { Random } from "../../hub-core/common/random.ts";
import type { Operation } from "./operation.ts";

export interface Plan {
  readonly seed: number;
  readonly processes: number;
  readonly keys: number;
  readonly operations: number;
  /** Of all operations: the answer is lost. A third of these take effect in time, a third late, a third never. */
  readonly unknown: number;
  /** Of all operations: refused without effect. */
  readonly refused: number;
  /** Distinct values, or out of this many. */
  readonly values?: number;
}

/** What a wrong store does to the effect of this number. */
export interface StoreFault {
  readonly effect: number;
  /** Acknowledged and forgotten, or applied a second time. */
  readonly kind: "lose" | "repeat";
}

export interface Execution {
  readonly history: readonly Operation[];
  /** In the order in which they took effect. */
  readonly effects: readonly Effect[];
}

export interface Effect {
  /** Its place in the history. */
  readonly operation: number;
  readonly key: string;
  readonly before: Entry;
  readonly after: Entry;
}

export interface Entry {
  readonly value: number | null;
  readonly version: number;
}

const NOTHING: Entry = { value: null, version: 0 };
const MEAN_MS = 5;
const PATIENCE_MS = 30;
const LATE_MS = 1_000;

export function execute(plan: Plan, fault: StoreFault | null = null): Execution {
  const run = new Run(plan, fault);
  for (let process = 0; process < plan.processes; process++) run.think(process);
  run.toEnd();
  return { history: run.history, effects: run.effects };
}

class Run {
  readonly history: Operation[] = [];
  readonly effects: Effect[] = [];
  readonly #plan: Plan;
  readonly #fault: StoreFault | null;
  readonly #random: Random;
  readonly #queue = new FlatQueue<() => void>();
  readonly #store = new Map<string, Entry>();
  /** The version a process saw last, by process and key. */
  readonly #seen = new Map<string, number>();
  #now = 0;
  #revision = 0;
  #written = 0;

  constructor(plan: Plan, fault: StoreFault | null) {
    this.#plan = plan;
    this.#fault = fault;
    this.#random = new Random(plan.seed);
  }

  toEnd(): void {
    for (let at = this.#queue.peekValue(); at !== undefined; at = this.#queue.peekValue()) {
      this.#now = at;
      this.#queue.pop()?.();
    }
  }

  think(process: number): void {
    this.#after(this.#span(), () => this.#invoke(process));
  }

  #invoke(process: number): void {
    if (this.history.length >= this.#plan.operations) return;
    const at = this.history.length;
    const asked = this.#ask(process);
    this.history.push(asked);
    const fate = this.#random.float();
    if (fate < this.#plan.unknown) {
      const effectIn = [this.#span(), LATE_MS * this.#random.float(), null][this.#random.below(3)];
      if (effectIn !== null && effectIn !== undefined) this.#after(effectIn, () => this.#effect(at));
      this.#after(PATIENCE_MS, () => this.think(process));
    } else if (fate < this.#plan.unknown + this.#plan.refused) {
      this.#after(this.#span(), () => this.#return(process, at, { kind: "refused", code: "no_quorum" }));
    } else {
      this.#after(this.#span(), () => {
        const outcome = this.#effect(at);
        this.#after(this.#span(), () => this.#return(process, at, outcome));
      });
    }
  }

  #return(process: number, at: number, outcome: Operation["outcome"]): void {
    const asked = this.history[at] as Operation;
    this.history[at] = { ...asked, returnedAt: this.#now, outcome } as Operation;
    if ("version" in outcome) this.#seen.set(`${process} ${asked.key}`, outcome.version);
    this.think(process);
  }

  #ask(process: number): Operation {
    const key = `k${this.#random.below(this.#plan.keys)}`;
    const kind = this.#random.float();
    const common = {
      process: `p${process}`,
      key,
      invokedAt: this.#now,
      returnedAt: null,
      outcome: { kind: "unknown" },
    } as const;
    const seen = this.#seen.get(`${process} ${key}`);
    this.#written += 1;
    const value = this.#plan.values === undefined ? this.#written : this.#random.below(this.#plan.values);
    if (kind < 0.45) return { ...common, kind: "read", consistency: "linearizable" };
    if (kind < 0.75) return { ...common, kind: "write", value };
    if (kind < 0.92) return { ...common, kind: "cas", expect: seen ?? "absent", value };
    return { ...common, kind: "delete", expect: kind < 0.96 ? (seen ?? null) : null };
  }

  #effect(at: number): Operation["outcome"] {
    const operation = this.history[at] as Operation;
    const { key } = operation;
    const before = this.#store.get(key) ?? NOTHING;
    const [applied, outcome] = this.#apply(operation, before);
    const fault = this.#fault?.effect === this.effects.length ? this.#fault.kind : null;
    const after = fault === "lose" ? before : fault === "repeat" ? this.#again(operation, applied) : applied;
    this.#store.set(key, after);
    this.effects.push({ operation: at, key, before, after });
    return outcome;
  }

  /** As if the precondition held: that is what a doubled write does. */
  #again(operation: Operation, before: Entry): Entry {
    if (operation.kind !== "write" && operation.kind !== "cas") return before;
    this.#revision += 1;
    return { ...before, version: before.version + 1 };
  }

  #apply(operation: Operation, before: Entry): [Entry, Operation["outcome"]] {
    const there = before.value !== null;
    const expect = operation.kind === "cas" || operation.kind === "delete" ? operation.expect : null;
    if (operation.kind === "delete" && !there && expect === null) return [before, { kind: "absent" }];
    if (expect !== null && expect !== (there ? before.version : "absent"))
      return [before, { kind: "mismatch", seen: there ? before.version : "absent" }];
    switch (operation.kind) {
      case "read":
        return [before, there ? { kind: "found", value: before.value, version: before.version } : { kind: "absent" }];
      case "delete":
        this.#revision += 1;
        return [
          { ...before, value: null },
          { kind: "deleted", revision: this.#revision },
        ];
      default: {
        this.#revision += 1;
        // A key that was deleted may come back at any higher version.
        const version = before.version + 1 + (there || before.version === 0 ? 0 : this.#random.below(3));
        const outcome = { kind: "written", version, revision: this.#revision, created: !there } as const;
        return [{ value: operation.value as number, version }, outcome];
      }
    }
  }

  #after(span: number, then: () => void): void {
    this.#queue.push(then, this.#now + span);
  }

  #span(): number {
    return -MEAN_MS * Math.log(1 - this.#random.float());
  }
}
