/** Hubs and clusters: who is there, and what they may do. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { EdgeEnv } from "../edge-env.ts";
import { refuseInvalid, sendProblem } from "../http/index.ts";
import { ask, askFullest, writeOptions } from "../hubs/index.ts";
import {
  deleteCluster,
  getCluster,
  getRegistryStatus,
  listClusters,
  postCluster,
  postDrain,
  postMaintenance,
  postUndrain,
  putHeartbeat,
} from "./descriptions.ts";
import { registrationOf } from "./registration.ts";
import type {
  clusterPageSchema,
  clusterSchema,
  heartbeatAnswerSchema,
  registeredSchema,
  registryStatusSchema,
} from "./schemas.ts";

export const registryRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(getRegistryStatus, async (c) => {
    const reply = await ask(c, { kind: "registry-status" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof registryStatusSchema>, 200);
  })
  .openapi(postCluster, async (c) => {
    const cluster = registrationOf(c.req.valid("json"));
    const reply = await ask(c, { kind: "cluster-register", cluster, ...writeOptions(c) });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof registeredSchema>, reply.status === 201 ? 201 : 200);
  })
  .openapi(listClusters, async (c) => {
    const reply = await ask(c, { kind: "cluster-list", ...c.req.valid("query") });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof clusterPageSchema>, 200);
  })
  .openapi(getCluster, async (c) => {
    const reply = await askFullest(c, { kind: "cluster-get", clusterId: c.req.valid("param").id });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof clusterSchema>, 200);
  })
  .openapi(deleteCluster, async (c) => {
    const reply = await ask(c, { kind: "cluster-remove", clusterId: c.req.valid("param").id, ...writeOptions(c) });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.body(null, 204);
  })
  .openapi(putHeartbeat, async (c) => {
    const { load, in_flight, services } = c.req.valid("json");
    const report = { load, inFlight: in_flight, services };
    const clusterId = c.req.valid("param").id;
    const reply = await ask(c, { kind: "cluster-heartbeat", clusterId, ...report, ...writeOptions(c) });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof heartbeatAnswerSchema>, 200);
  })
  .openapi(postDrain, async (c) => {
    const reply = await ask(c, { kind: "cluster-drain", clusterId: c.req.valid("param").id, ...writeOptions(c) });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof clusterSchema>, 200);
  })
  .openapi(postUndrain, async (c) => {
    const reply = await ask(c, { kind: "cluster-undrain", clusterId: c.req.valid("param").id, ...writeOptions(c) });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof clusterSchema>, 200);
  })
  .openapi(postMaintenance, async (c) => {
    const { starts_at, ends_at } = c.req.valid("json");
    const window = { startsAt: Date.parse(starts_at), endsAt: Date.parse(ends_at) };
    const clusterId = c.req.valid("param").id;
    const reply = await ask(c, { kind: "cluster-maintenance", clusterId, ...window, ...writeOptions(c) });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof clusterSchema>, 200);
  });
