/** One hub of the simulated world: its process (or the lack of one), its storage, its clock and its troubles. */
import type { HubIdentity, Millis } from "../../hub-core/common/types.ts";
import type { HubConfig } from "../../hub-core/config/hub-config.ts";
import type { HubEvent, LinkId, TimerName } from "../../hub-core/hub/contract.ts";
import type { CheckSlots } from "./check-slots.ts";
import type { Machine } from "./machine.ts";
import type { End } from "./network/connection.ts";
import { Storage } from "./storage.ts";

/** Where in the execution of a step's effects the process dies. */
export type CrashPoint =
  | { readonly kind: "before-persist" }
  | { readonly kind: "after-persist" }
  | { readonly kind: "after-sends"; readonly sends: number };

/** `process`: the sockets close and dials are refused. `silent`: the machine is gone, nothing is ever answered. */
export type DeathKind = "process" | "silent";

export class SimHub {
  readonly index: number;
  readonly identity: HubIdentity;
  readonly config: HubConfig;
  readonly storage = new Storage();
  /** Null while the process is dead. */
  machine: Machine | null = null;
  /** Counts starts: what was scheduled for an earlier run is void. */
  run = 0;
  /** This hub's clock less the world's. */
  skewMs = 0;
  frozenUntil: Millis = 0;
  /** End of the last pause that everyone must bear. */
  pausedUntil: Millis = 0;
  /** Events that arrived while frozen, in order. */
  readonly inbox: HubEvent[] = [];
  readonly timers = new Map<TimerName, { readonly token: number; readonly at: Millis; readonly order: number }>();
  /** Of this run. */
  checks: CheckSlots | null = null;
  readonly ends = new Map<LinkId, End>();
  /** Extra time before each event is handled. */
  slowMs = 0;
  crashPoint: CrashPoint | null = null;
  death: { readonly at: Millis; readonly kind: DeathKind } | null = null;
  protocolVersion: number | null = null;
  /** Faults beyond what the promises cover that trouble this hub at the moment. */
  #troubles = 0;
  #calmSince: Millis = 0;
  /** The time of this hub's last step by its own clock: `now` never goes back within a run. */
  lastStepAt: Millis = 0;
  timersThisInstant = 0;

  constructor(index: number, identity: HubIdentity, config: HubConfig) {
    this.index = index;
    this.identity = identity;
    this.config = config;
  }

  get id(): string {
    return this.identity.hubId;
  }

  get alive(): boolean {
    return this.machine !== null;
  }

  /** Since when nothing beyond the promises has troubled this hub; Infinity while something does. */
  get calmSince(): Millis {
    return this.#troubles > 0 ? Number.POSITIVE_INFINITY : this.#calmSince;
  }

  trouble(): void {
    this.#troubles += 1;
  }

  relieve(now: Millis): void {
    if (this.#troubles === 0) throw new Error(`${this.id} was relieved of no trouble`);
    this.#troubles -= 1;
    this.#calmSince = now;
  }
}
