import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { serveMetrics } from "./metrics-port.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A node that says what it was sent. */
async function node(): Promise<string> {
  const server = await listening(
    createServer((request, response) => response.end(`${request.url} ${request.headers.authorization ?? "nobody"}`)),
  );
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function freePort(): Promise<number> {
  const server = await listening(createServer());
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function metricsPort(host: string, upstream: string): Promise<string> {
  const port = await freePort();
  closing.push(await serveMetrics({ host, port, upstream, viewerToken: async () => "made-here" }));
  return `http://127.0.0.1:${port}`;
}

test("on loopback the metrics port asks the node as a viewer", async () => {
  const url = await metricsPort("127.0.0.1", await node());
  expect(await (await fetch(`${url}/metrics`)).text()).toBe("/metrics Bearer made-here");
});

test("a caller's own token goes on as it is", async () => {
  const url = await metricsPort("127.0.0.1", await node());
  const headers = { authorization: "Bearer theirs" };
  expect(await (await fetch(`${url}/metrics`, { headers })).text()).toBe("/metrics Bearer theirs");
});

test("bound to every interface, the metrics port lends nobody a token", async () => {
  const url = await metricsPort("0.0.0.0", await node());
  expect(await (await fetch(`${url}/metrics`)).text()).toBe("/metrics nobody");
});

test("nothing but the metrics is served there", async () => {
  const url = await metricsPort("127.0.0.1", await node());
  expect((await fetch(`${url}/admin/introduce`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(404);
});

test("a node that is gone is a bad gateway", async () => {
  const url = await metricsPort("127.0.0.1", `http://127.0.0.1:${await freePort()}`);
  expect((await fetch(`${url}/metrics`)).status).toBe(502);
});
