/** Commands as they are typed, against an edge that answers as a test says. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, vi } from "vitest";
import { CommandError } from "../errors.ts";
import { programFor } from "../program.ts";

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

export interface TestEdge {
  readonly asked: Asked[];
  /** Status and body; or answers itself. */
  says: (asked: Asked, response: ServerResponse) => readonly [number, unknown] | undefined;
  /** What the command printed, and why it failed, when it did. */
  run(...args: string[]): Promise<{ readonly out: string; readonly error: CommandError | null }>;
}

/** For the tests of one file: fresh before each. */
export function testEdge(): TestEdge {
  let server: Server;
  const edge: TestEdge = { asked: [], says: () => [200, {}], run: (...args) => run(addressOf(server), args) };
  beforeEach(async () => {
    edge.asked.length = 0;
    server = createServer((request, response) => void answer(edge, request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    server.closeAllConnections();
    server.close();
  });
  return edge;
}

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function answer(edge: TestEdge, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  const { method = "", url = "", headers } = request;
  const asked = { method, url, headers, body: text === "" ? null : (JSON.parse(text) as unknown) };
  edge.asked.push(asked);
  const said = edge.says(asked, response);
  if (said) response.writeHead(said[0], { "content-type": "application/json" }).end(JSON.stringify(said[1]));
}

async function run(url: string, args: readonly string[]): Promise<{ out: string; error: CommandError | null }> {
  let out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const all = [...args, "--url", url, "--token", "t"];
  try {
    await (await programFor(all)).parseAsync(all, { from: "user" });
    return { out, error: null };
  } catch (error) {
    if (error instanceof CommandError) return { out, error };
    throw error;
  }
}
