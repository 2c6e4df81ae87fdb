/** A cluster's owner as the world plays it: what it runs, whether it answers, and what it has been told. */
import type { Coordinates, HubId } from "../../../hub-core/common/types.ts";

/** How the health endpoint behaves. */
export type Vitality = "answers" | "refuses" | "hangs" | "errors";

export interface Tenant {
  readonly clusterId: string;
  readonly service: string;
  readonly region: string;
  readonly coordinates: Coordinates;
  readonly healthUrl: string;
  /** Null: no heartbeats, health checks alone. */
  readonly ttlMs: number | null;
  readonly checked: boolean;
  /** From a hub to its health endpoint and back. */
  readonly rttMs: number;
  vitality: Vitality;
  wants: "up" | "gone";
  /** Where it was last accepted; null: it must register. */
  hub: HubId | null;
  /** The removal was confirmed. */
  removed: boolean;
  /** What it was last told of its draining; null: it may be either. */
  draining: boolean | null;
  /** A question of its is being answered. */
  busy: boolean;
  /** One of its questions was never answered: it may have been acted upon, even much later. */
  doubtful: boolean;
  load: number;
}

const SERVICES = ["search", "checkout", "images", "ledger", "chat", "maps"] as const;

export function tenant(number: number, region: string, coordinates: Coordinates): Tenant {
  const clusterId = `cluster-${String(number).padStart(4, "0")}`;
  // A third heartbeats, a third is checked, a third both.
  const style = number % 3;
  return {
    clusterId,
    service: SERVICES[number % SERVICES.length] ?? SERVICES[0],
    region,
    coordinates,
    healthUrl: `https://${clusterId}.example/health`,
    ttlMs: style === 1 ? null : 30_000,
    checked: style !== 0,
    rttMs: 1 + (number % 40),
    vitality: "answers",
    wants: "up",
    hub: null,
    removed: false,
    draining: null,
    busy: false,
    doubtful: false,
    load: 0,
  };
}

export { SERVICES };
