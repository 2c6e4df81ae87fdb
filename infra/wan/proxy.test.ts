import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { PairProxy } from "./proxy.ts";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Echoes what it gets; `sockets` are its ends of the connections. */
async function echoServer(): Promise<{ server: Server; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port, sockets };
}

async function road(targetPort: number): Promise<PairProxy> {
  const proxy = new PairProxy({ from: "a", to: "b", rttMs: 10, extraMs: 0, loss: 0, cut: false }, targetPort);
  await proxy.listen(0);
  cleanups.push(() => proxy.close());
  return proxy;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  cleanups.push(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function received(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < length) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    chunks.push(chunk);
    total += chunk.length;
  }
  return Buffer.concat(chunks);
}

test("bytes cross both ways, whole and in order", async () => {
  const echo = await echoServer();
  const socket = await dial((await road(echo.port)).port);
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const back = received(socket, sent.length);
  socket.write(sent);
  expect((await back).equals(sent)).toBe(true);
});

test("a target that dies resets the connection on the near side", async () => {
  const echo = await echoServer();
  const socket = await dial((await road(echo.port)).port);
  const back = received(socket, 2);
  socket.write("hi");
  await back;
  const broken = once(socket, "error");
  for (const end of echo.sockets) end.resetAndDestroy();
  expect(((await broken)[0] as NodeJS.ErrnoException).code).toBe("ECONNRESET");
});

test("a target that is not there resets the connection", async () => {
  const echo = await echoServer();
  echo.server.close();
  await once(echo.server, "close");
  const proxy = await road(echo.port);
  const socket = await dial(proxy.port);
  await once(socket, "error");
  await expect.poll(() => proxy.connections).toBe(0);
});

test("a cut swallows what is sent and keeps new connections hanging; a heal breaks both and lets the next one pass", async () => {
  const echo = await echoServer();
  const proxy = await road(echo.port);
  const old = await dial(proxy.port);
  const back = received(old, 1);
  old.write("1");
  await back;

  proxy.apply({ kind: "cut", reset: false });
  let heard = 0;
  const count = (): void => {
    heard += 1;
  };
  old.on("data", count);
  old.write("2");
  const fresh = await dial(proxy.port);
  fresh.on("data", count);
  fresh.write("3");
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect([heard, echo.sockets.length]).toEqual([0, 1]);

  const broken = Promise.all([once(old, "error"), once(fresh, "error")]);
  proxy.apply({ kind: "heal" });
  await broken;
  const next = await dial(proxy.port);
  const again = received(next, 1);
  next.write("4");
  expect((await again).toString()).toBe("4");
});

test("a connection that gives up during a cut is forgotten", async () => {
  const echo = await echoServer();
  const proxy = await road(echo.port);
  proxy.apply({ kind: "cut", reset: false });
  const socket = await dial(proxy.port);
  await expect.poll(() => proxy.connections).toBe(1);
  socket.destroy();
  await expect.poll(() => proxy.connections).toBe(0);
});

test("a cut that resets breaks what is under way", async () => {
  const echo = await echoServer();
  const proxy = await road(echo.port);
  const socket = await dial(proxy.port);
  const broken = once(socket, "error");
  proxy.apply({ kind: "cut", reset: true });
  await broken;
  await expect.poll(() => proxy.connections).toBe(0);
});
