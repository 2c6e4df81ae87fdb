/** What an attacker or a slip of the pen sends to the edge, and what it is told. */
import { beforeEach, expect, test } from "vitest";
import { type Edge, startEdge } from "./edge-in-process.ts";

let edge: Edge;
beforeEach(async () => {
  edge = await startEdge();
});

const CLUSTER = {
  cluster_id: "paris-1",
  endpoints: [{ url: "https://paris-1.example" }],
  services: [{ name: "checkout", version: "1.2.0" }],
};

async function register(more: object, headers: Record<string, string> = {}) {
  const body = JSON.stringify({ ...CLUSTER, ...more });
  const response = await edge.send("/api/clusters", { method: "POST", role: "operator", body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test.each([
  ["endpoints[0].url", { endpoints: [{ url: "http://user:pw@host.example/" }] }],
  ["endpoints[0].url", { endpoints: [{ url: "http://user@host.example/" }] }],
  ["endpoints[0].url", { endpoints: [{ url: "http://@host.example/" }] }],
  ["endpoints[0].url", { endpoints: [{ url: "http://host.example/a#b" }] }],
  ["health_check.url", { health_check: { url: "http://user:pw@host.example/health" } }],
  ["health_check.url", { health_check: { url: "http://host.example/health#x" } }],
  ["health_check.timeout_ms", { health_check: { url: "http://host.example", interval_ms: 1_000, timeout_ms: 2_000 } }],
  ["services[0].version", { services: [{ name: "checkout", version: "latest" }] }],
  ["services[0].version", { services: [{ name: "checkout", version: "1.2.3.4" }] }],
  ["services[0].version", { services: [{ name: "checkout", version: "^1.2" }] }],
])("refused at %s: %j", async (path, more) => {
  const { status, body } = await register(more);
  expect({ status, code: body.code }).toEqual({ status: 400, code: "invalid_request" });
  expect((body.errors as { path: string }[]).map((error) => error.path)).toContain(path);
  expect(edge.catalog()).toMatchObject({ clusters: [] });
});

test.each(["1", "v2", "1.2", "1.2.3", "1.2.3-rc.1", "2.0.0+build.7"])("version %s is one", async (version) => {
  expect((await register({ services: [{ name: "checkout", version }] })).status).toBe(201);
});

test("an @ in a path or a query is no credential", async () => {
  expect((await register({ endpoints: [{ url: "https://host.example/@team?mail=a@b.example" }] })).status).toBe(201);
});

test("a hub's id and a region that there is not are refused, with words and with what is known", async () => {
  expect(await register({ cluster_id: "global-hub" })).toMatchObject({
    status: 409,
    body: { code: "id_taken", title: "Conflict" },
  });
  expect(await register({ region: "mars" })).toMatchObject({
    status: 422,
    body: { code: "region_unknown", title: "Unprocessable content", regions: ["us-east"] },
  });
});

test("an Idempotency-Key that comes with another body is refused in words", async () => {
  const once = { "idempotency-key": "k-1" };
  expect((await register({}, once)).status).toBe(201);
  expect(await register({ cluster_id: "lyon-1" }, once)).toMatchObject({
    status: 422,
    body: { code: "idempotency_key_reused", title: "Unprocessable content" },
  });
});

test("only a heartbeat is advised to register again", async () => {
  const ask = async (method: string, path: string, body?: string) => {
    const response = await edge.send(path, { method, role: "operator", ...(body === undefined ? {} : { body }) });
    return (await response.json()) as { code: string; detail: string };
  };
  const advised = await ask("PUT", "/api/clusters/nobody/heartbeat", "{}");
  expect(advised).toMatchObject({ code: "cluster_unknown", detail: expect.stringContaining("Register it again") });
  for (const [method, path] of [
    ["DELETE", ""],
    ["POST", "/drain"],
    ["POST", "/undrain"],
  ] as const) {
    const { code, detail } = await ask(method, `/api/clusters/nobody${path}`);
    expect({ code, detail }).toEqual({ code: "cluster_unknown", detail: 'No cluster "nobody" is registered.' });
  }
});

test("a round trip faster than light is not accepted, and that is said", async () => {
  const body = JSON.stringify([
    { from: "NBO", to: "global-hub", rtt_ms: 12.5 },
    { from: "NBO", to: "global-hub", rtt_ms: 250 },
  ]);
  const response = await edge.send("/api/latency", { method: "POST", role: "operator", body });
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({ accepted: 1, ignored: [{ path: "[0].rtt_ms" }] });
});

test("POST /admin/shutdown without a body: the hub leaves, says so again, and answers for nothing else", async () => {
  const leave = () => edge.send("/admin/shutdown", { method: "POST", role: "admin" });
  const first = await leave();
  expect(first.status).toBe(202);
  const done = await first.json();
  expect(done).toMatchObject({ hub_id: "global-hub", state: "left" });
  expect(await (await leave()).json()).toEqual(done);
  const health = await edge.send("/health");
  expect({ status: health.status, body: await health.json() }).toMatchObject({ status: 503, body: { draining: true } });
  expect(await register({})).toMatchObject({ status: 503, body: { code: "hub_left" } });
});

test("HEAD /peer/{hub_id} without a token is 401, like everything that is no peer", async () => {
  expect((await edge.send("/peer/global-hub", { method: "HEAD" })).status).toBe(401);
});

test("GET /peer/{hub_id} with a user's token is 401, and does not tell which hubs there are", async () => {
  for (const hub of ["global-hub", "nope"]) {
    const { status } = await edge.send(`/peer/${hub}`, { role: "operator" });
    expect({ hub, status }).toEqual({ hub, status: 401 });
  }
});
