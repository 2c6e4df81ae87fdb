import type { Coordinates } from "../../common/types.ts";
import type { RouteQuestion } from "../question.ts";

/** What a client asks that names a service and nothing else. For tests and benchmarks. */
export function plainQuestion(service: string, { latitude, longitude }: Coordinates): RouteQuestion {
  return {
    service,
    position: { latitude, longitude, source: "query" },
    tags: [],
    version: null,
    namespace: null,
    jurisdiction: null,
    exclude: [],
    sticky: null,
    limit: 3,
    maxAgeMs: null,
    explain: false,
    strategy: "best",
    decisionId: null,
  };
}
