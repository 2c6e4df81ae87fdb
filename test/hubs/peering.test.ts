/** Who may open a link, and what becomes of one that sends what it should not. */
import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PeerTokens } from "../../durable-objects/links/index.ts";
import { call, eventually, PEER_KEY, Planet, type Region } from "./region.ts";

let planet: Planet;
let us: Region;

beforeAll(async () => {
  planet = await Planet.start(["us-east"]);
  us = planet.region("us-east");
  await call(us, "/health");
}, 60_000);

afterAll(() => planet?.stop());

const options = { federation: "test-planet", key: PEER_KEY, self: "regional-eu", region: "eu-west" };
const eu = new PeerTokens(options);
let tokens = 0;

async function tokenFor(hub: string, by = eu): Promise<string> {
  tokens += 1;
  return (await by.issue(hub, `token-${tokens}`, Date.now())).token;
}

/** A peer's socket. Node's takes headers, which the standard's, and so its type, does not. */
async function openSocket(hub: string): Promise<WebSocket> {
  const Connect = WebSocket as unknown as new (url: string, options: { headers: Record<string, string> }) => WebSocket;
  const headers = { authorization: `Bearer ${await tokenFor(hub)}` };
  return new Connect(`ws://${us.url.host}/peer/${hub}`, { headers });
}

const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** The handshake as a peer makes it; its socket is dropped at once. */
function upgrade(hub: string, token: string | null): Promise<{ status: number; proof: string | undefined }> {
  const headers: Record<string, string> = {
    ...HANDSHAKE,
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const asked = httpRequest(new URL(`/peer/${hub}`, us.url).href, { headers });
    asked.on("error", reject);
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      const proof = response.headers["x-mpreg-peer-token"];
      resolve({ status: 101, proof: typeof proof === "string" ? proof : undefined });
    });
    asked.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, proof: undefined });
    });
    asked.end();
  });
}

test("a peer that proves itself is let in, and is shown a proof that answers its own", async () => {
  const { token, jti } = await eu.issue("global-hub", "answered", Date.now());
  const { status, proof } = await upgrade("global-hub", token);
  expect(status).toBe(101);
  expect(await eu.verify(proof ?? "", Date.now())).toMatchObject({
    from: "global-hub",
    region: "us-east",
    answers: jti,
  });
});

test("anyone else is 401: no token, garbage, another key, another hub's token, an answer for a question", async () => {
  const stranger = new PeerTokens({ ...options, key: "another key altogether, of somebody else" });
  const refused = [
    null,
    "garbage",
    await tokenFor("global-hub", stranger),
    await tokenFor("regional-us"),
    await tokenFor("global-hub", new PeerTokens({ ...options, federation: "elsewhere" })),
    (await eu.issue("global-hub", "an-answer", Date.now(), "some-question")).token,
  ];
  for (const token of refused) expect((await upgrade("global-hub", token)).status).toBe(401);
});

test("a token opens one link, also when the hub was started anew in between", async () => {
  const token = await tokenFor("global-hub");
  expect((await upgrade("global-hub", token)).status).toBe(101);
  expect((await upgrade("global-hub", token)).status).toBe(401);
  await us.stop();
  await us.start();
  expect((await upgrade("global-hub", token)).status).toBe(401);
});

test("a request that asks for no WebSocket is told to, and a hub that is not here is unknown", async () => {
  const headers = { authorization: `Bearer ${await tokenFor("global-hub")}` };
  expect((await fetch(new URL("/peer/global-hub", us.url), { headers })).status).toBe(426);
  expect((await upgrade("local-atlantis", await tokenFor("local-atlantis"))).status).toBe(404);
});

test("who proves nothing is 401, whatever they ask for and however", async () => {
  for (const method of ["GET", "HEAD"]) {
    for (const headers of [{}, { authorization: "Bearer garbage" }]) {
      for (const path of ["/peer/global-hub", "/hubs/global-hub/peer/global-hub", "/peer/local-atlantis"]) {
        const { status } = await fetch(new URL(path, us.url), { method, headers });
        expect({ method, path, status }).toEqual({ method, path, status: 401 });
      }
    }
  }
});

test("LINK-11: a peer that proves itself and then says nothing is sent a close with 1002, and counted", async () => {
  const asked = httpRequest(new URL("/peer/global-hub", us.url).href, {
    headers: { ...HANDSHAKE, authorization: `Bearer ${await tokenFor("global-hub")}` },
  });
  const socket = await new Promise<Duplex>((resolve, reject) => {
    asked.on("error", reject).on("upgrade", (_, upgraded) => resolve(upgraded));
    asked.end();
  });
  let heard = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    heard = Buffer.concat([heard, data]);
  });
  // RFC 6455: a close frame, its length, its code.
  const close = Buffer.from([0x88, 2 + "no hello".length, 1002 >> 8, 1002 & 0xff]);
  await eventually("the close frame", async () => (heard.includes(close) ? true : undefined), 9_000);
  socket.destroy();
  const { body } = await call(us, "/hubs/global-hub/metrics", { role: "viewer" });
  expect(String(body)).toMatch(/federation_peers_refused_total\{[^}]*reason="no-hello"\} [1-9]/);
}, 20_000);

test.each([
  ["text", "hello", 1003],
  ["more than a frame may hold", new Uint8Array(70_000), 1009],
] as const)("a peer that sends %s loses its link, and the hub goes on", async (_, data, code) => {
  const socket = await openSocket("global-hub");
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", (event) => resolve(event.code)));
  socket.addEventListener("open", () => socket.send(data));
  expect(await closed).toBe(code);
  expect((await call(us, "/hubs/global-hub/health")).status).toBe(200);
});

test("garbage is counted, and enough of it ends the link", async () => {
  const socket = await openSocket("global-hub");
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", (event) => resolve(event.code)));
  socket.addEventListener("open", () => {
    for (let i = 0; i < 64; i++) socket.send(Uint8Array.of(1, 2, 3, i));
  });
  expect(await closed).toBe(1000);
  await eventually("the rejected frames in the metrics", async () => {
    const { body } = await call(us, "/hubs/global-hub/metrics", { role: "viewer" });
    return /federation_frames_rejected_total\{[^}]*reason="undecodable"\} (1[6-9]|[2-9]\d)/.test(String(body))
      ? true
      : undefined;
  });
});
