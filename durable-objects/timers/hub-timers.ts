/** Runs a hub's timers on the object's two clocks. */
import type { Millis } from "../../hub-core/common/types.ts";
import { type DueTimer, TimerTable } from "./timer-table.ts";
import { planWake } from "./wake-plan.ts";

/** What it needs of the platform. */
export interface Clocks {
  now(): Millis;
  setAlarm(at: Millis): void;
  /** Calls back after at least `delayMs`; the answer cancels. */
  after(delayMs: number, callback: () => void): () => void;
}

export class HubTimers {
  readonly #table = new TimerTable();
  readonly #clocks: Clocks;
  readonly #fire: (due: readonly DueTimer[]) => void;
  #armedAt: Millis | null;
  #memory: { readonly at: Millis; readonly cancel: () => void } | null = null;

  /** `armedAt`: when the alarm that an earlier run left behind will ring. */
  constructor(clocks: Clocks, armedAt: Millis | null, fire: (due: readonly DueTimer[]) => void) {
    this.#clocks = clocks;
    this.#armedAt = armedAt;
    this.#fire = fire;
  }

  /** Call `replan` once after a batch of settings. */
  set(timer: string, at: Millis, token: number): void {
    this.#table.set(timer, at, token);
  }

  replan(): void {
    const { memoryAt, alarmAt } = planWake(this.#table.earliest, this.#armedAt, this.#clocks.now());
    if (alarmAt !== null) {
      this.#armedAt = alarmAt;
      this.#clocks.setAlarm(alarmAt);
    }
    if (this.#memory?.at === (memoryAt ?? undefined)) return;
    this.#memory?.cancel();
    this.#memory = memoryAt === null ? null : this.#arm(memoryAt);
  }

  /** The platform's alarm rang: late, early or twice is all the same. */
  rang(): void {
    this.#armedAt = null;
    this.#run();
  }

  #arm(at: Millis): { at: Millis; cancel: () => void } {
    const cancel = this.#clocks.after(Math.max(0, at - this.#clocks.now()), () => {
      this.#memory = null;
      this.#run();
    });
    return { at, cancel };
  }

  #run(): void {
    const due = this.#table.takeDue(this.#clocks.now());
    if (due.length > 0) this.#fire(due);
    this.replan();
  }
}
