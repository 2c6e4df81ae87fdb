/** The front door: one address for the whole planet, which passes connections on to the first living region's edge. */
import { connect, createServer, type Socket } from "node:net";
import { breakOff } from "./break-off.ts";
import { runAsChild } from "./child-process.ts";

export interface FrontDoorConfig {
  readonly port: number;
  /** In order of preference. */
  readonly edges: readonly { readonly region: string; readonly port: number }[];
}

const HOST = "127.0.0.1";
const LOOK_EVERY_MS = 1_000;
const LOOK_TIMEOUT_MS = 1_500;
const MAX_CONNECTIONS = 2_000;

type Edge = FrontDoorConfig["edges"][number];

/** Last seen: `well` answers 200, `ill` answers otherwise, `silent` does not. */
const seen = new Map<Edge, "well" | "ill" | "silent">();

/** Edges by how they were last seen, each kind in the order of preference; all are tried before giving up. */
function candidates(edges: readonly Edge[]): Edge[] {
  const rank = { well: 0, ill: 1, silent: 2 } as const;
  return edges.toSorted((a, b) => rank[seen.get(a) ?? "ill"] - rank[seen.get(b) ?? "ill"]);
}

async function look(edge: Edge): Promise<void> {
  try {
    const response = await fetch(`http://${HOST}:${edge.port}/health`, {
      signal: AbortSignal.timeout(LOOK_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    seen.set(edge, response.ok ? "well" : "ill");
  } catch {
    // Refused, reset or too late: all that matters is that others go first.
    seen.set(edge, "silent");
  }
}

function pass(near: Socket, [edge, ...others]: readonly Edge[]): void {
  if (!edge) {
    near.end(
      'HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\r\n{"title":"No region answers","status":503,"code":"no_region","detail":"No region of this planet is running: see mpreg status."}',
    );
    return;
  }
  const far = connect({ host: HOST, port: edge.port, noDelay: true });
  const next = (): void => {
    seen.set(edge, "silent");
    pass(near, others);
  };
  far.once("error", next);
  far.once("connect", () => {
    far.off("error", next);
    near.pipe(far).pipe(near);
    far.on("error", () => breakOff(near));
    near.on("error", () => breakOff(far));
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroySoon());
  });
}

runAsChild<FrontDoorConfig, { url: string }>(async ({ port, edges }) => {
  const server = createServer({ noDelay: true }, (near) => {
    near.on("error", () => near.destroy());
    pass(near, candidates(edges));
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => resolve());
  });
  setInterval(() => {
    for (const edge of edges) void look(edge);
  }, LOOK_EVERY_MS);
  return { url: `http://${HOST}:${port}` };
});
