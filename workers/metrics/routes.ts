/** Prometheus metrics: of every hub of this region, or of the one that the path names. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { MetricsSnapshot } from "../../hub-core/hub/index.ts";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { problems, refuseInvalid, secured, sendProblem } from "../http/index.ts";
import { EXPOSITION_TYPE, exposition } from "./exposition.ts";

const getMetrics = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["Health"],
  summary: "Metrics in the Prometheus text format",
  security: secured,
  middleware: requires("viewer"),
  responses: {
    200: { description: "Text exposition format 0.0.4", content: { "text/plain": { schema: z.string() } } },
    ...problems,
  },
});

export const metricsRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid }).openapi(getMetrics, async (c) => {
  const { hubs, deployment } = c.env;
  const asked = await hubs.askEach({ kind: "metrics" });
  const snapshots = asked.flatMap(({ hubId, reply }) =>
    reply.ok ? [{ shared: { hub: hubId, region: deployment.region.id }, metrics: reply.value as MetricsSnapshot }] : [],
  );
  if (snapshots.length === 0) {
    const detail = `no answer from ${hubs.candidates.join(", ")}`;
    return sendProblem(c, { status: 503, code: "hub_unreachable", detail });
  }
  return c.text(exposition(snapshots), 200, { "content-type": EXPOSITION_TYPE });
});
