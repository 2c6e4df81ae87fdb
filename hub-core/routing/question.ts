/** What may be asked of the router. Everything that decides is in the question: same question, same view, same answer. */
import type { ClusterId, Coordinates, DurationMs, HubId } from "../common/types.ts";

/** How the client's position was found, best first. */
export const POSITION_SOURCES = ["query", "place", "request", "timezone", "region"] as const;
export type PositionSource = (typeof POSITION_SOURCES)[number];

export interface Position extends Coordinates {
  readonly source: PositionSource;
  /** What the client or the edge named: an IATA code, a city, a region or a hub id. Round trips reported from it count. */
  readonly place?: string;
}

/**
 * `best`: all terms. `nearest`: latency and health. `least_loaded`: load first, latency counts a tenth.
 * `weighted`: as best, but ties reach further, so that weights and free capacity decide.
 */
export const STRATEGIES = ["best", "nearest", "least_loaded", "weighted"] as const;
export type Strategy = (typeof STRATEGIES)[number];

export const MAX_LIMIT = 50;
export const MAX_EXCLUDED = 100;

export interface RouteQuestion {
  readonly service: string;
  readonly position: Position;
  /** Every one must be carried by the service. */
  readonly tags: readonly string[];
  /** As `versionRange` reads it. Null: any, also none. */
  readonly version: string | null;
  /** Null: `DEFAULT_NAMESPACE`. */
  readonly namespace: string | null;
  /** Only clusters that declare this very jurisdiction; one that declares none is out. */
  readonly jurisdiction: string | null;
  readonly exclude: readonly ClusterId[];
  /** Questions with the same key stay on one cluster while it is among the best. */
  readonly sticky: string | null;
  /** Clusters named in the answer, the chosen one included: 1 to `MAX_LIMIT`. */
  readonly limit: number;
  readonly maxAgeMs: DurationMs | null;
  readonly explain: boolean;
  readonly strategy: Strategy;
  /** Unique: names the decision, and spreads those without a sticky key. Null: the router draws one. */
  readonly decisionId: string | null;
}

/** One round trip told from outside. */
export interface LatencyObservation {
  /** Position key, IATA code, region, hub or cluster. */
  readonly from: string;
  /** Where `from` is; null when nobody knows. */
  readonly coordinates: Coordinates | null;
  /** A hub or a cluster. */
  readonly to: string;
  readonly rttMs: DurationMs;
}

export type RoutingRequest =
  | { readonly kind: "route"; readonly question: RouteQuestion }
  | { readonly kind: "paths"; readonly from: HubId; readonly to: HubId; readonly k: number }
  | { readonly kind: "topology" }
  | { readonly kind: "latency-report"; readonly observations: readonly LatencyObservation[] };
