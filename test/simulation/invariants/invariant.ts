/** A promise of the system, watched while the world runs. A broken one throws a `Violation`. */
import type { StoredWrite } from "../../../hub-core/common/outbox.ts";
import type { Effect, HubEvent } from "../../../hub-core/hub/contract.ts";
import type { Insight } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";
import type { FreshLog } from "./fresh-logs.ts";

export interface Step {
  readonly hub: SimHub;
  readonly event: HubEvent;
  readonly effects: readonly Effect[];
  readonly durable: readonly StoredWrite[];
}

export interface Invariant {
  readonly name: string;
  /** After every step of every hub. */
  afterStep?(step: Step, world: World): void;
  /** Of one living hub, at sampled instants; `fresh`: the logs that changed there since the last look. */
  onSample?(hub: SimHub, insight: Insight, world: World, fresh: readonly FreshLog[]): void;
}
