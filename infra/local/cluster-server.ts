/** One HTTP server with a path per cluster: `/c/{cluster_id}/health` and whatever else is asked of it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { FederationCluster } from "../../hub-core/config/index.ts";

export interface ClusterServer {
  readonly server: Server;
  /** Requests that the cluster is answering now, health checks apart. */
  inFlight(clusterId: string): number;
}

const PATH = /^\/c\/([^/?]+)(\/[^?]*)?(?:\?(.*))?$/;
const LONGEST_DELAY_MS = 30_000;
const MAX_BODY = 1_048_576;

export function clusterServer(region: string, clusters: readonly FederationCluster[]): ClusterServer {
  const known = new Map(clusters.map((cluster) => [cluster.id, { cluster, inFlight: 0, served: 0 }]));
  const startedAt = Date.now();

  const server = createServer((request, response) => {
    const [, id = "", path = "/", query = ""] = PATH.exec(request.url ?? "") ?? [];
    const found = known.get(decodeURIComponentOr(id));
    if (!found) return send(response, 404, { error: "no such cluster here", region });
    const { cluster } = found;
    const common = { cluster_id: cluster.id, region, services: cluster.services.map((service) => service.name) };
    if (path === "/health") {
      return send(response, 200, {
        status: "ok",
        ...common,
        in_flight: found.inFlight,
        uptime_ms: Date.now() - startedAt,
      });
    }
    found.inFlight += 1;
    found.served += 1;
    response.once("close", () => {
      found.inFlight -= 1;
    });
    const served = found.served;
    // `?delay_ms=` makes a slow answer, for trying what load and time-outs do.
    const delay = Math.min(LONGEST_DELAY_MS, Math.max(0, Number(new URLSearchParams(query).get("delay_ms")) || 0));
    bodyLength(request, (length) => {
      if (length === null) return send(response, 413, { error: `at most ${MAX_BODY} bytes` });
      setTimeout(() => {
        send(response, 200, { ...common, method: request.method, path, body_bytes: length, served });
      }, delay);
    });
  });
  return { server, inFlight: (clusterId) => known.get(clusterId)?.inFlight ?? 0 };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

function bodyLength(request: IncomingMessage, done: (length: number | null) => void): void {
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
  });
  request.on("end", () => done(length > MAX_BODY ? null : length));
}

/** A malformed escape names no cluster. */
function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
