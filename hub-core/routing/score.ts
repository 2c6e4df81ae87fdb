/**
 * What a candidate costs, in milliseconds-equivalent: latency + load + health + cost + policy. Lower is better.
 * Every term is a multiple of 1/64 ms below 2¹⁵ ms, so that sums are exact, in any order, in single precision as well.
 */
import type { ClusterView } from "../common/catalog-view.ts";
import type { OfferedService } from "../wire/catalog.ts";
import type { Strategy } from "./question.ts";

const STEPS_PER_MS = 64;
const MAX_TERM_MS = 32_767;

/** The terms that do not depend on the client. */
export interface FixedTerms {
  readonly load: number;
  readonly health: number;
  readonly cost: number;
  readonly policy: number;
}

export function term(ms: number): number {
  return Math.round(Math.min(MAX_TERM_MS, Math.max(-MAX_TERM_MS, ms)) * STEPS_PER_MS) / STEPS_PER_MS;
}

/** How much each strategy lets a term count. */
export interface Weights extends FixedTerms {
  readonly latency: number;
}

const EVEN: Weights = { latency: 1, load: 1, health: 1, cost: 1, policy: 1 };

export const STRATEGY_WEIGHTS = {
  best: EVEN,
  nearest: { latency: 1, load: 0, health: 1, cost: 0, policy: 0 },
  least_loaded: { latency: 0.1, load: 10, health: 1, cost: 1, policy: 1 },
  weighted: EVEN,
} as const satisfies Readonly<Record<Strategy, Weights>>;

/** As a strategy counts them. */
export function weigh(terms: FixedTerms, weights: Weights): FixedTerms {
  return {
    load: term(terms.load * weights.load),
    health: term(terms.health * weights.health),
    cost: term(terms.cost * weights.cost),
    policy: term(terms.policy * weights.policy),
  };
}

export function sum({ load, health, cost, policy }: FixedTerms): number {
  return load + health + cost + policy;
}

const LOAD_MS = 10;
/** Past this the queue is as long as it is counted. */
const SATURATED = 0.98;
const WARNING_MS = 50;
/** The owner is away and nobody else checks the cluster. No latency, load or warning costs as much: any other goes first. */
const UNVOUCHED_MS = 10_000;

/** Waiting grows as in an M/M/1 queue, ρ²/(1−ρ): 5 ms at half load, 32 at 0.8, 81 at 0.9. */
function loadMs(load: number): number {
  const rho = Math.min(SATURATED, Math.max(0, load));
  return (LOAD_MS * rho * rho) / (1 - rho);
}

function healthMs({ record, vouched }: ClusterView): number {
  return (record.state === "warning" ? WARNING_MS : 0) + (vouched ? 0 : UNVOUCHED_MS);
}

/** The busier of the service and its cluster: they share machines. */
export function effectiveLoad(cluster: ClusterView, offered: OfferedService): number {
  return Math.max(cluster.record.load, offered.load);
}

/** `cost` and `policy` are what the cluster's owner says in its metadata: `routing: {cost_ms?, policy_ms?}`. */
export function fixedTerms(cluster: ClusterView, offered: OfferedService): FixedTerms {
  return {
    load: loadMs(effectiveLoad(cluster, offered)),
    health: healthMs(cluster),
    cost: Math.max(0, declared(cluster, "cost_ms")),
    policy: declared(cluster, "policy_ms"),
  };
}

function declared({ record: { metadata } }: ClusterView, name: "cost_ms" | "policy_ms"): number {
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) return 0;
  const routing = (metadata as Readonly<Record<string, unknown>>).routing;
  if (routing === null || typeof routing !== "object") return 0;
  const value = (routing as Readonly<Record<string, unknown>>)[name];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
