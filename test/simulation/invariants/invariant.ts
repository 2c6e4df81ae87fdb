/** A promise of the system, watched while the world runs. A broken one throws a `Violation`. */

import type { StoredWrite } from "../../../hub-core/common/outbox.ts";
import type { HubId } from "../../../hub-core/common/types.ts";
import type { Effect, HubEvent } from "../../../hub-core/hub/contract.ts";
import type { Insight } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";

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
  /** After every step that changed a log of a hub's store; `changed`: the origins of those that did. */
  onLogs?(hub: SimHub, insight: Insight, world: World, changed: readonly HubId[]): void;
  /** After every step that changed a member in a hub's view. */
  onMembers?(hub: SimHub, insight: Insight, world: World): void;
  /** Of one living hub, at sampled instants: what time alone can break. */
  onSample?(hub: SimHub, insight: Insight, world: World): void;
}

/** The process died before its writes were durable: what it had in memory never was. */
export function isForgotten({ effects, durable }: Step): boolean {
  return durable.length === 0 && effects.some(({ kind }) => kind === "persist");
}
