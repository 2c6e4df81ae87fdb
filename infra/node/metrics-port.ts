/**
 * Prometheus on a port of its own. Bound to loopback it needs no token: who reaches it is on this machine already, and the
 * request goes on with one that this process made. Bound elsewhere the caller's own token goes on, or none.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isLoopback } from "../../hub-core/config/index.ts";
import { reasonOf } from "../cli/api.ts";

export interface MetricsPort {
  readonly host: string;
  readonly port: number;
  /** Base URL of the node. */
  readonly upstream: string;
  readonly viewerToken: () => Promise<string>;
}

const TIMEOUT_MS = 10_000;

/** Resolves to what closes it. */
export async function serveMetrics(options: MetricsPort): Promise<() => void> {
  const server = createServer((request, response) => void answer(request, response, options));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host.replace(/^\[|\]$/g, ""), () => resolve());
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: MetricsPort): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  if (request.method !== "GET" || path !== "/metrics")
    return send(response, 404, "GET /metrics is all there is here\n");
  try {
    const answered = await fetch(`${options.upstream}/metrics`, {
      headers: await authorization(request, options),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const type = answered.headers.get("content-type") ?? "text/plain";
    send(response, answered.status, await answered.text(), type);
  } catch (error) {
    send(response, 502, `the node does not answer: ${reasonOf(error)}\n`);
  }
}

async function authorization(request: IncomingMessage, options: MetricsPort): Promise<Record<string, string>> {
  const own = request.headers.authorization;
  if (own !== undefined) return { authorization: own };
  return isLoopback(options.host) ? { authorization: `Bearer ${await options.viewerToken()}` } : {};
}

function send(response: ServerResponse, status: number, text: string, type = "text/plain"): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
}
