/** The public face of routing. Others import only this. */
export { REPORT_FRESH_MS } from "./latency-model.ts";
export { latencyRecords } from "./latency-report.ts";
export {
  type LatencyObservation,
  MAX_EXCLUDED,
  MAX_LIMIT,
  POSITION_SOURCES,
  type Position,
  type RouteQuestion,
  type RoutingRequest,
  STRATEGIES,
} from "./question.ts";
export { Router } from "./router.ts";
export { SOUNDING_EVERY_MS } from "./soundings.ts";
export { versionRange } from "./version-range.ts";
