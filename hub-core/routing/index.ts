/** The public face of routing. Others import only this. */

export type { ExplainedCandidate, Explanation } from "./explain.ts";
export { type LatencySource, REPORT_FRESH_MS } from "./latency-model.ts";
export { type LatencyPublication, latencyRecords, MAX_OBSERVED, MAX_RTT_MS } from "./latency-report.ts";
export type { PathAnswer, PathsAnswer } from "./paths.ts";
export {
  DEFAULT_NAMESPACE,
  type LatencyObservation,
  MAX_EXCLUDED,
  MAX_LIMIT,
  POSITION_SOURCES,
  type Position,
  type PositionSource,
  type RouteQuestion,
  type RoutingRequest,
  STRATEGIES,
  type Strategy,
} from "./question.ts";
export { type RouteAnswer, Router, type RouterOptions, type RouterRequest, type RouteTarget } from "./router.ts";
export { RULES, type RuleName } from "./rules.ts";
export { SOUNDING_EVERY_MS } from "./soundings.ts";
export { MAX_PATHS } from "./yen.ts";
