import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { breakOff } from "./break-off.ts";

let server: ReturnType<typeof createServer>;
let client: Socket;
let served: Socket;

beforeEach(async () => {
  server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  client = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  [served] = (await connected) as [Socket];
  served.on("error", () => undefined);
});
afterEach(() => {
  client.destroy();
  served.destroy();
  server.close();
});

test.each([
  ["as it stands", () => undefined],
  ["while it is being ended", () => served.end("HTTP/1.1 413\r\n\r\n")],
])("a client that writes and does not read sees the connection break: %s", async (_, before) => {
  const broken = new Promise<string>((resolve) => {
    client.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? ""));
  });
  const write = (): void => {
    while (client.writable && client.write(Buffer.alloc(65_536)));
  };
  client.on("drain", write);
  write();
  before();
  breakOff(served);
  expect(await broken).toMatch(/^(EPIPE|ECONNRESET)$/);
});
