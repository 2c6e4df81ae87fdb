/**
 * Active health checks, a few at a time. The hub asks for no more than that of its own clusters; a check too many, as of
 * one that was removed meanwhile, waits in order, and a newer one of the same cluster takes the place of the waiting one.
 */
import { type Check, MAX_CHECKS_AT_ONCE } from "../../hub-core/common/outbox.ts";
import type { CheckOutcome } from "../../hub-core/hub/contract.ts";

/** A hub's clusters and those that it may adopt. Past it a check is answered at once, as timed out: nobody could tell. */
export const MAX_CHECKS_WAITING = 1_024;

export type CheckRunner = (check: Check) => Promise<CheckOutcome>;

export class CheckQueue {
  readonly #waiting = new Map<string, Check>();
  readonly #run: CheckRunner;
  readonly #report: (check: Check, outcome: CheckOutcome) => void;
  #running = 0;

  /** `run` never rejects. */
  constructor(run: CheckRunner, report: (check: Check, outcome: CheckOutcome) => void) {
    this.#run = run;
    this.#report = report;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  submit(check: Check): void {
    if (!this.#waiting.has(check.clusterId) && this.#waiting.size >= MAX_CHECKS_WAITING) {
      this.#report(check, { kind: "timeout" });
      return;
    }
    this.#waiting.set(check.clusterId, check);
    this.#pump();
  }

  #pump(): void {
    for (const [clusterId, check] of this.#waiting) {
      if (this.#running >= MAX_CHECKS_AT_ONCE) return;
      this.#waiting.delete(clusterId);
      this.#running += 1;
      void this.#run(check).then((outcome) => {
        this.#running -= 1;
        this.#report(check, outcome);
        this.#pump();
      });
    }
  }
}
