/** The HTTP API, put together. What it needs of the world comes with each request: see `EdgeBindings`. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { SOFTWARE_VERSION } from "../durable-objects/version.ts";
import { consensusRoutes } from "./consensus/index.ts";
import { decisionsRoutes } from "./decisions/index.ts";
import { renderDocs } from "./docs/index.ts";
import { drainRoutes } from "./drain/index.ts";
import type { EdgeEnv } from "./edge-env.ts";
import { gossipRoutes } from "./gossip/index.ts";
import { healthRoutes } from "./health/index.ts";
import { bodyLimit, failed, notFound, refuseInvalid, registerSecurity, requestId, utf8 } from "./http/index.ts";
import { introduceRoutes } from "./introduce/index.ts";
import { leaseRoutes } from "./leases/index.ts";
import { metricsRoutes } from "./metrics/index.ts";
import { peerRoutes } from "./peer/index.ts";
import { registryRoutes } from "./registry/index.ts";
import { routingRoutes } from "./routing/index.ts";
import { servicesRoutes } from "./services/index.ts";
import { shutdownRoutes } from "./shutdown/index.ts";
import { stateRoutes } from "./state/index.ts";
import { watchRoutes } from "./watch/index.ts";

export const MAX_BODY_BYTES = 256 * 1_024;

const base = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid });
base.use(requestId);
base.use(bodyLimit({ maxBytes: MAX_BODY_BYTES, discardBytes: 8 * 1_024 * 1_024, discardMs: 5_000 }));
base.use(utf8);

const routes = base
  .route("/", healthRoutes)
  .route("/", metricsRoutes)
  .route("/", registryRoutes)
  .route("/", servicesRoutes)
  .route("/", routingRoutes)
  .route("/", gossipRoutes)
  .route("/", consensusRoutes)
  .route("/", stateRoutes)
  .route("/", leaseRoutes)
  .route("/", watchRoutes)
  .route("/", introduceRoutes)
  .route("/", decisionsRoutes)
  .route("/", drainRoutes)
  .route("/", shutdownRoutes)
  .route("/", peerRoutes);

registerSecurity(routes);

/** For typed clients: `hc<Api>(url)`. */
export type Api = typeof routes;

export function apiDocument() {
  const document = routes.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "MPREG",
      version: SOFTWARE_VERSION,
      description:
        "A planet-scale service federation. Every path also exists under /hubs/{hub_id}: that hub then answers.",
    },
    servers: [
      { url: "/", description: "The nearest hub of this region that can answer" },
      {
        url: "/hubs/{hub_id}",
        description: "This hub, wherever it lives",
        variables: { hub_id: { default: "local-hub-nyc-01" } },
      },
    ],
  });
  // Of a parameter that holds the rest of the path OpenAPI knows only the name.
  const paths = Object.entries(document.paths ?? {});
  return {
    ...document,
    paths: Object.fromEntries(paths.map(([path, item]) => [path.replace(/:(\w+)\{.*\}/, "{$1}"), item])),
  };
}

export const app = routes
  .get("/openapi.json", (c) => c.json(apiDocument()))
  .get("/docs", (c) => c.html(renderDocs(apiDocument())));

app.notFound(notFound(() => app.routes));
app.onError(failed);
