/** Answers have the shapes, the statuses and the headers of docs/API.md. */
import { beforeEach, expect, test } from "vitest";
import type { ZodType } from "zod";
import { gossipStatsSchema, testMessageReportSchema } from "../../workers/gossip/schemas.ts";
import { healthSchema, statusSchema } from "../../workers/health/schemas.ts";
import {
  clusterPageSchema,
  clusterSchema,
  registeredSchema,
  registryStatusSchema,
} from "../../workers/registry/schemas.ts";
import { decisionSchema, topologySchema } from "../../workers/routing/schemas.ts";
import { serviceSchema, servicesSchema } from "../../workers/services/schemas.ts";
import { type Edge, type Role, startEdge } from "./edge-in-process.ts";

let edge: Edge;
beforeEach(async () => {
  edge = await startEdge();
});

const CLUSTER = {
  cluster_id: "paris-1",
  region: "us-east",
  coordinates: { latitude: 48.85, longitude: 2.35 },
  endpoints: [{ url: "https://paris-1.example" }],
  services: [{ name: "checkout", version: "1.2.0", tags: ["gold"], capacity: 100 }],
};

async function register(cluster: object = CLUSTER, headers: Record<string, string> = {}): Promise<Response> {
  return edge.send("/api/clusters", { method: "POST", role: "operator", body: JSON.stringify(cluster), headers });
}

test.each<[string, ZodType]>([
  ["/api/status", statusSchema],
  ["/api/registry/status", registryStatusSchema],
  ["/api/clusters", clusterPageSchema],
  ["/api/clusters/paris-1", clusterSchema],
  ["/api/services", servicesSchema],
  ["/api/services/checkout", serviceSchema],
  ["/api/topology", topologySchema],
  ["/api/gossip/stats", gossipStatsSchema],
  ["/api/route?service=checkout&from=Nairobi&explain=1", decisionSchema],
])("GET %s answers 200 in the shape that is documented", async (path, schema) => {
  await register();
  const response = await edge.send(path, { role: "viewer" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  expect(response.headers.get("x-request-id")).toBeTruthy();
  expect(schema.safeParse(await response.json()).error?.issues ?? []).toEqual([]);
});

test("GET /health is open, and 200 or 503 with the same body", async () => {
  const response = await edge.send("/health");
  expect([200, 503]).toContain(response.status);
  expect(healthSchema.safeParse(await response.json()).error?.issues ?? []).toEqual([]);
});

test("registering is 201 the first time and 200 the next; leaving is 204 and then 404", async () => {
  const first = await register();
  expect(first.status).toBe(201);
  expect(registeredSchema.safeParse(await first.json()).success).toBe(true);
  expect((await register()).status).toBe(200);
  const remove = () => edge.send("/api/clusters/paris-1", { method: "DELETE", role: "operator" });
  expect((await remove()).status).toBe(204);
  const again = await remove();
  expect(again.status).toBe(404);
  expect(await again.json()).toMatchObject({ code: "cluster_unknown" });
});

test("a heartbeat renews a known cluster; an unknown one is told to register again", async () => {
  await register();
  const beat = (id: string) =>
    edge.send(`/api/clusters/${id}/heartbeat`, {
      method: "PUT",
      role: "operator",
      body: '{"load":0.5,"services":{"checkout":{"load":0.4}}}',
    });
  expect((await beat("paris-1")).status).toBe(200);
  expect(await (await beat("lyon-1")).json()).toMatchObject({ status: 404, code: "cluster_unknown" });
});

test("a drained cluster gets no new traffic until it is undrained", async () => {
  await register();
  const post = (action: string) => edge.send(`/api/clusters/paris-1/${action}`, { method: "POST", role: "operator" });
  expect(await (await post("drain")).json()).toMatchObject({ state: "draining" });
  const none = await edge.send("/api/route?service=checkout");
  expect(none.status).toBe(503);
  expect(await none.json()).toMatchObject({
    code: "no_eligible_cluster",
    explain: { candidates: [{ eligible: false, filtered_by: "drain" }] },
  });
  expect((await post("undrain")).status).toBe(200);
  expect((await edge.send("/api/route?service=checkout")).status).toBe(200);
});

test("a retry with the same Idempotency-Key gets the first outcome and applies nothing twice", async () => {
  const headers = { "idempotency-key": "once" };
  const first = await register(CLUSTER, headers);
  const before = edge.catalog();
  const retry = await register(CLUSTER, headers);
  expect([first.status, retry.status]).toEqual([201, 201]);
  expect(await retry.json()).toEqual(await first.json());
  expect(edge.catalog()).toEqual(before);
});

test("clusters come page by page, each once", async () => {
  for (let i = 0; i < 5; i++) await register({ ...CLUSTER, cluster_id: `c-${i}` });
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const response = await edge.send(`/api/clusters?limit=2${cursor && `&cursor=${cursor}`}`, { role: "viewer" });
    const page = clusterPageSchema.parse(await response.json());
    seen.push(...page.clusters.map(({ cluster_id }) => cluster_id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(["c-0", "c-1", "c-2", "c-3", "c-4"]);
});

test("the position of a route answer says where it came from", async () => {
  await register();
  const sourceOf = async (query: string) => {
    const response = await edge.send(`/api/route?service=checkout${query}`);
    return decisionSchema.parse(await response.json()).position.source;
  };
  expect(await sourceOf("&lat=1&lon=2&from=Nairobi")).toBe("query");
  expect(await sourceOf("&from=NBO")).toBe("place");
  expect(await sourceOf("&from=global-hub")).toBe("place");
  expect(await sourceOf("")).toBe("region");
});

test("an unknown place is 400 with suggestions, an unknown service 404", async () => {
  await register();
  const place = await edge.send("/api/route?service=checkout&from=Nairobbi");
  expect(place.status).toBe(400);
  expect(await place.json()).toMatchObject({ code: "place_unknown", suggestions: ["Nairobi"] });
  const service = await edge.send("/api/route?service=nothing");
  expect(service.status).toBe(404);
  expect(await service.json()).toMatchObject({ code: "service_unknown" });
});

test("a test message is reported with its receipts", async () => {
  const sent = await edge.send("/api/gossip/test-message", { method: "POST", role: "operator" });
  expect(sent.status).toBe(202);
  const { message_id } = (await sent.json()) as { message_id: string };
  const report = await edge.send(`/api/gossip/test-message/${message_id}`, { role: "viewer" });
  expect(testMessageReportSchema.parse(await report.json())).toMatchObject({ complete: true, missing: [] });
});

test("a cluster comes back as it was given, coordinates and metadata to the letter", async () => {
  const given = { ...CLUSTER, coordinates: { latitude: 48.8566, longitude: -2.352219 }, metadata: { owner: "team-a" } };
  await register(given);
  const { coordinates, metadata } = given;
  const cluster = await (await edge.send("/api/clusters/paris-1", { role: "viewer" })).json();
  expect(cluster).toMatchObject({ coordinates, metadata });
});

test("the topology shows clusters beside hubs, and who owns them", async () => {
  await register();
  const topology = topologySchema.parse(await (await edge.send("/api/topology", { role: "viewer" })).json());
  expect(topology.nodes).toContainEqual(
    expect.objectContaining({ id: "global-hub", kind: "hub", state: "alive", position: expect.anything() }),
  );
  expect(topology.nodes).toContainEqual(
    expect.objectContaining({ id: "paris-1", kind: "cluster", state: "passing", position: CLUSTER.coordinates }),
  );
  expect(topology.edges).toContainEqual(
    expect.objectContaining({ from: "global-hub", to: "paris-1", kind: "cluster", measured: false, rtt_ms: null }),
  );
});

test("a test message asked for again with the same key is the same message", async () => {
  const send = (payload: string) =>
    edge.send("/api/gossip/test-message", {
      method: "POST",
      role: "operator",
      headers: { "idempotency-key": "once" },
      body: JSON.stringify({ payload }),
    });
  const first = await (await send("hello")).json();
  expect(await (await send("hello")).json()).toEqual(first);
  const other = await send("good night");
  expect(other.status).toBe(422);
  expect(await other.json()).toMatchObject({ code: "idempotency_key_reused" });
});

test("metrics that operators watch by name are there before there is anything to count", async () => {
  const text = await (await edge.send("/metrics", { role: "viewer" })).text();
  expect(text).toMatch(/^membership_failures_total\{[^}]*\} 0$/m);
  for (const name of ["gossip_message_latency", "consensus_proposal_time"]) {
    expect(text).toMatch(new RegExp(`^${name}_count\\{[^}]*\\} 0$`, "m"));
    expect(text).toMatch(new RegExp(`^${name}_seconds_count\\{[^}]*\\} 0$`, "m"));
  }
});

test("metrics have the names that operators know", async () => {
  const text = await (await edge.send("/metrics", { role: "viewer" })).text();
  for (const name of ["federation_nodes_total", "federation_nodes_healthy", "federation_limit_used"]) {
    expect(text).toMatch(new RegExp(`^# HELP ${name} .+\n# TYPE ${name} gauge\n${name}\\{hub="global-hub"`, "m"));
  }
});

test.each<[string, string, Role]>([
  ["GET", "/api/status", "viewer"],
  ["GET", "/metrics", "viewer"],
  ["POST", "/api/clusters", "operator"],
  ["DELETE", "/api/clusters/x", "operator"],
  ["POST", "/api/latency", "operator"],
  ["POST", "/api/gossip/test-message", "operator"],
  ["POST", "/admin/introduce", "admin"],
])("%s %s is 401 without a token and needs the role %s", async (method, path, needed) => {
  const none = await edge.send(path, { method });
  expect(none.status).toBe(401);
  expect(none.headers.get("www-authenticate")).toMatch(/^Bearer/);
  expect(await none.json()).toMatchObject({ code: "unauthenticated" });
  const below: Role[] = needed === "viewer" ? [] : needed === "operator" ? ["viewer"] : ["viewer", "operator"];
  for (const role of below) {
    const response = await edge.send(path, { method, role });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "forbidden" });
  }
  expect([401, 403]).not.toContain((await edge.send(path, { method, role: needed })).status);
});
