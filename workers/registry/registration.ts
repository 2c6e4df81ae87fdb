/** From the words of the API to those of the registry. */
import type { z } from "@hono/zod-openapi";
import type { Json } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { registrationSchema } from "./schemas.ts";

type Register = Extract<HubRequest, { kind: "cluster-register" }>;

export function registrationOf(body: z.output<typeof registrationSchema>): Register["cluster"] {
  const { health_check } = body;
  return {
    clusterId: body.cluster_id,
    region: body.region,
    coordinates: body.coordinates,
    endpoints: body.endpoints,
    services: body.services,
    healthCheck: health_check && {
      url: health_check.url,
      intervalMs: health_check.interval_ms,
      timeoutMs: health_check.timeout_ms,
    },
    ttlMs: body.ttl_ms,
    metadata: body.metadata as Json | undefined,
    jurisdiction: body.jurisdiction,
    namespace: body.namespace,
  };
}
