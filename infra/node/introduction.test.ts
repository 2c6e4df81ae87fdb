import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepIntroducing } from "./introduction.ts";
import { announce } from "./neighbours.ts";

let directory: string;
let own: Server;
const servers: Server[] = [];
const stopping = new AbortController();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mpreg-nodes-"));
  own = await serve(0, {});
});
afterEach(async () => {
  for (const server of servers) server.close();
  await rm(directory, { recursive: true });
});

async function serve(port: number, answer: object): Promise<Server> {
  const server = createServer((_, response) => response.end(JSON.stringify(answer))).listen(port, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("a hub that does not answer where it should be is said not to, and said to be there when it comes", async () => {
  const gone = await serve(0, {});
  const port = portOf(gone);
  await new Promise((resolve) => gone.close(resolve));
  const address = `http://127.0.0.1:${port}`;
  const coordinates = { latitude: 1, longitude: 2 };
  await announce(directory, { hubId: "g", tier: "global", region: "us-east", coordinates, parent: null, address });
  const said: string[] = [];
  const introducing = keepIntroducing({
    directory,
    self: "a",
    url: `http://127.0.0.1:${portOf(own)}`,
    seeds: [],
    tokenFor: async () => "token",
    log: (line) => said.push(line),
    signal: stopping.signal,
  });
  await eventually(() => said.length > 0);
  expect(said).toEqual([`told of g, which does not answer at ${address}: it will be tried again`]);
  await serve(port, { node_id: "g" });
  await eventually(() => said.length > 1);
  expect(said[1]).toBe(`introduced to g, which answers at ${address}`);
  stopping.abort();
  await introducing;
  expect(said).toHaveLength(2);
});
