/** A run that broke a promise: which, when, and what led to it. */
import type { Millis } from "../../hub-core/common/types.ts";
import type { TraceEntry } from "./trace.ts";

/** Thrown where an invariant breaks; the world turns it into a `Failure`. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly invariant: string;

  constructor(invariant: string, detail: string) {
    super(detail);
    this.invariant = invariant;
  }
}

export interface Failure {
  readonly seed: number;
  /** Virtual, since the start of the run. */
  readonly afterMs: Millis;
  readonly invariant: string;
  readonly detail: string;
  readonly recent: readonly TraceEntry[];
}
