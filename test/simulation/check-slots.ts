/** Health checks as the runner of the product has it: so many at once, the rest in order, the newest of each cluster. */
import { type Check, MAX_CHECKS_AT_ONCE } from "../../hub-core/common/outbox.ts";
import type { ClusterId } from "../../hub-core/common/types.ts";

export class CheckSlots {
  readonly #waiting = new Map<ClusterId, Check>();
  readonly #run: (check: Check, ended: (report: () => void) => void) => void;
  #running = 0;

  /** `run` calls `ended` once, with what tells the hub of it. */
  constructor(run: (check: Check, ended: (report: () => void) => void) => void) {
    this.#run = run;
  }

  submit(check: Check): void {
    this.#waiting.set(check.clusterId, check);
    this.#pump();
  }

  #pump(): void {
    for (const [clusterId, check] of this.#waiting) {
      if (this.#running >= MAX_CHECKS_AT_ONCE) return;
      this.#waiting.delete(clusterId);
      this.#running += 1;
      this.#run(check, (report) => {
        this.#running -= 1;
        report();
        this.#pump();
      });
    }
  }
}
