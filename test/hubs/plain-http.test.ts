/** HTTP as clients without manners speak it, on the real runtime. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MAX_BODY_BYTES } from "../../workers/app.ts";
import { call, eventually, Planet, type Region } from "./region.ts";

let planet: Planet;
let us: Region;

beforeAll(async () => {
  planet = await Planet.start(["us-east"]);
  us = planet.region("us-east");
  await call(us, "/health");
}, 60_000);

afterAll(() => planet?.stop());

/** Writes everything before it reads anything, as many a client does; rejects when the connection is reset. */
function send(head: string, body: Buffer = Buffer.alloc(0)): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: us.url.hostname, port: Number(us.url.port) });
    socket.on("error", reject);
    let answer = "";
    const finished = (): void => {
      socket.on("data", (data) => {
        answer += data.toString();
        if (/\r\n\r\n(.*\}|.*501)/.test(answer)) socket.destroy();
      });
      socket.on("close", () => resolve(answer));
    };
    socket.write(`${head}\r\nhost: edge.test\r\n`);
    socket.write(Buffer.concat([Buffer.from("\r\n"), body]), finished);
  });
}

test("an upload over the limit is answered 413 to a client that writes it all first, with a token or without", async () => {
  const body = Buffer.alloc(3 * 1_024 * 1_024, "x");
  expect(body.length).toBeGreaterThan(MAX_BODY_BYTES);
  const headers = `content-type: application/json\r\ncontent-length: ${body.length}`;
  for (const path of ["/api/clusters", "/nowhere"]) {
    const answer = await send(`POST ${path} HTTP/1.1\r\n${headers}`, body);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain("body_too_large");
    expect(answer.toLowerCase()).toContain("x-request-id: ");
  }
  expect((await call(us, "/health")).status).toBe(200);
});

test("a method that the runtime does not know never reaches the edge: 501, in plain text and without a request id", async () => {
  const answer = await send("FOO /health HTTP/1.1");
  expect(answer).toMatch(/^HTTP\/1.1 501 /);
  expect(answer.toLowerCase()).not.toContain("x-request-id");
});

test("of writes that come at once most share a call and an entry of the log, and clients that hang up take nobody with them", async () => {
  const entries = async (): Promise<number> => {
    const { body } = await call(us, "/api/consensus/status", { role: "viewer" });
    return (body as { groups: Record<string, { commit_index: number }> }).groups["us-east"]?.commit_index as number;
  };
  const put = (key: string, signal?: AbortSignal) =>
    call(us, `/api/state/${key}?scope=region:us-east`, {
      method: "PUT",
      role: "operator",
      body: 1,
      ...(signal && { signal }),
    });
  await eventually("the region agrees", async () => ((await put("together/ready")).status < 300 ? true : undefined));
  const before = await entries();
  const impatient = new AbortController();
  const answers = Array.from({ length: 120 }, async (_, at) => {
    // Every other one goes: whoever makes a call for others is sooner or later among them.
    if (at % 2 === 1) return put(`together/${at}`, impatient.signal).catch(() => null);
    return put(`together/${at}`);
  });
  setTimeout(() => impatient.abort(), 8);
  const statuses = (await Promise.all(answers)).filter((_, at) => at % 2 === 0).map((answer) => answer?.status);
  expect(statuses).toEqual(statuses.map(() => 201));
  expect((await entries()) - before).toBeLessThan(60);
});
