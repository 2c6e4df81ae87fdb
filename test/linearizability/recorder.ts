/**
 * Records what clients asked and what came of it. One recorder for one history: the order of its calls is the order of time, also within
 * one millisecond of a clock that stands still.
 *
 * @example
 * const recorder = new Recorder(() => world.clock.now);
 * const read = recorder.start("client-1", { kind: "read", key: "a", consistency: "linearizable" });
 * read.finish({ kind: "found", value: 7, version: 3 });
 */
import type { Millis } from "../../hub-core/common/types.ts";
import type { Action, Operation, OutcomeOf } from "./operation.ts";

export interface Started<Kind extends Operation["kind"]> {
  /** Once. Never called: the outcome stays unknown. */
  finish(outcome: OutcomeOf<Kind>): void;
}

/** The least by which two moments differ, in milliseconds: a double still holds it at today's distance from 1970. */
const TICK = 1e-3;

export class Recorder {
  readonly #clock: () => Millis;
  readonly #operations: Operation[] = [];
  #last = Number.NEGATIVE_INFINITY;

  /** `clock`: milliseconds; where it goes back, time stands still. */
  constructor(clock: () => Millis) {
    this.#clock = clock;
  }

  start<Kind extends Operation["kind"]>(
    process: string,
    action: Extract<Action, { readonly kind: Kind }>,
  ): Started<Kind> {
    const at = this.#operations.length;
    const asked = { ...action, process, invokedAt: this.#moment(), returnedAt: null, outcome: { kind: "unknown" } };
    this.#operations.push(asked as Operation);
    let finished = false;
    return {
      finish: (outcome) => {
        if (finished) throw new Error(`${process}: ${action.kind} of ${action.key} is finished twice`);
        finished = true;
        this.#operations[at] = { ...asked, returnedAt: this.#moment(), outcome } as Operation;
      },
    };
  }

  /** In the order of their invocations; those that go on have no answer yet. */
  history(): readonly Operation[] {
    return [...this.#operations];
  }

  #moment(): Millis {
    this.#last = Math.max(this.#clock(), this.#last + TICK);
    return this.#last;
  }
}
