/** How `mpreg stop` and `mpreg chaos kill|start` reach the supervisor: loopback, and only for who has read the state file. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CONTROL_HEADER } from "../wan/control-header.ts";
import type { FederationState } from "./federation-state.ts";

export interface Controls {
  state(): FederationState | null;
  /** False: no such region. */
  kill(region: string): Promise<boolean>;
  start(region: string): Promise<boolean>;
  stop(): Promise<void>;
}

const REGION = /^\/regions\/([^/]+)\/(kill|start)$/;

export async function controlServer(
  port: number,
  key: string,
  controls: Controls,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    answer(request, key, controls).then(
      ({ status, body }) => send(status, body),
      (error: unknown) => send(500, { error: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function answer(
  request: IncomingMessage,
  key: string,
  controls: Controls,
): Promise<{ status: number; body: unknown }> {
  if (request.headers[CONTROL_HEADER] !== key)
    return { status: 401, body: { error: `${CONTROL_HEADER} is missing or wrong` } };
  if (request.method === "GET" && request.url === "/state") return { status: 200, body: controls.state() };
  if (request.method !== "POST") return { status: 404, body: { error: "nothing there" } };
  if (request.url === "/stop") {
    // Answered first: stopping closes this very connection.
    setImmediate(() => void controls.stop());
    return { status: 202, body: { stopping: true } };
  }
  const [, region, action] = REGION.exec(request.url ?? "") ?? [];
  if (region === undefined) return { status: 404, body: { error: "nothing there" } };
  const id = decodeURIComponent(region);
  const found = action === "kill" ? await controls.kill(id) : await controls.start(id);
  if (!found) {
    const known = controls
      .state()
      ?.regions.map((entry) => entry.region)
      .join(", ");
    return { status: 404, body: { error: `no region ${id}; regions: ${known}` } };
  }
  return { status: 200, body: controls.state()?.regions.find((entry) => entry.region === id) };
}
