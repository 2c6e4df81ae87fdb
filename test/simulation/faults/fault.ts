/** A fault strikes the world at a moment and sees to its own end. */
import type { Random } from "../../../hub-core/common/random.ts";
import type { DurationMs } from "../../../hub-core/common/types.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";

export interface Fault {
  readonly name: string;
  /** False when there was nothing for it to strike. */
  strike(theatre: Theatre): boolean;
}

/** What a fault may touch, and the ends that are still to come. */
export class Theatre {
  readonly world: World;
  readonly random: Random;
  /** Whether the loss of a hub's storage is still within what is promised. */
  readonly mayLose: (hub: SimHub) => boolean;
  /** Ends of faults under way, so that all can be called off at once. */
  readonly #endings = new Set<() => void>();

  constructor(world: World, random: Random, mayLose: (hub: SimHub) => boolean) {
    this.world = world;
    this.random = random;
    this.mayLose = mayLose;
  }

  get active(): number {
    return this.#endings.size;
  }

  between(least: number, most: number): number {
    return least + this.random.float() * (most - least);
  }

  /** An awake, living hub; at most a third of all are dead at once. */
  victim(): SimHub | undefined {
    const living = this.world.hubs.filter((hub) => hub.alive && hub.frozenUntil <= this.world.clock.now);
    if (this.world.hubs.length - living.length >= Math.max(1, this.world.hubs.length / 3)) return undefined;
    return this.random.pick(living);
  }

  /** Runs `end` after `span`, or at the general healing, once. */
  endAfter(span: DurationMs, end: () => void): void {
    const ending = (): void => {
      if (!this.#endings.delete(ending)) return;
      end();
    };
    this.#endings.add(ending);
    this.world.clock.after(span, ending);
  }

  healAll(): void {
    for (const ending of [...this.#endings]) ending();
  }
}
