/** Nothing that a client can send breaks the edge, and what is refused changes nothing. Inputs are made from the API's own document. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { apiDocument, MAX_BODY_BYTES } from "../../workers/app.ts";
import { type Edge, startEdge } from "./edge-in-process.ts";

/** The refusals above 500 that docs/API.md names and that one lonely hub can give. */
const NAMED_5XX = new Set(["no_eligible_cluster", "stale", "no_path", "capacity_exhausted"]);

const REGISTRATION = {
  cluster_id: "paris-1",
  region: "us-east",
  coordinates: { latitude: 48.85, longitude: 2.35 },
  endpoints: [{ url: "https://paris-1.example", weight: 1 }],
  services: [{ name: "checkout", version: "1.2.0", tags: ["gold"], weight: 1, capacity: 100 }],
  health_check: { url: "https://paris-1.example/health", interval_ms: 5_000, timeout_ms: 1_000 },
  ttl_ms: 60_000,
  metadata: { owner: "team" },
};

/** A body that would be accepted, for each operation that takes one. */
const GOOD_BODIES: Readonly<Record<string, unknown>> = {
  "post /api/clusters": REGISTRATION,
  "put /api/clusters/{id}/heartbeat": { load: 0.5, in_flight: 3, services: { checkout: { load: 0.1, healthy: true } } },
  "post /api/clusters/{id}/maintenance": { starts_at: "2027-01-01T00:00:00Z", ends_at: "2027-01-01T01:00:00Z" },
  "post /api/latency": [{ from: "NBO", to: "global-hub", rtt_ms: 250 }],
  "post /api/gossip/test-message": { payload: { text: "hello" } },
  "post /api/consensus/proposals": {
    group: "global",
    kind: "ballot",
    key: "config/a",
    value: { rate: 1 },
    expect: { version: 0 },
    threshold: 0.75,
    timeout_ms: 5_000,
  },
  "post /api/consensus/proposals/{id}/votes": { vote: "yes", reason: "because" },
  "put /api/state/{key}": { type: "set", op: "add", values: ["a", 1] },
  "post /api/leases": { ttl_ms: 5_000, scope: "global" },
  "post /admin/shutdown": { timeout_ms: 1_000 },
  "post /admin/introduce": [
    {
      hub_id: "regional-eu",
      tier: "regional",
      region: "eu-west",
      coordinates: { latitude: 53, longitude: -6 },
      parent: "global-hub",
      address: "https://eu.example",
    },
  ],
};

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly goodBody: unknown;
}

const operations: Operation[] = Object.entries(apiDocument().paths ?? {}).flatMap(([path, item]) =>
  (["get", "put", "post", "delete"] as const).flatMap((method) => {
    const operation = item[method];
    if (!operation) return [];
    const query = (operation.parameters ?? []).flatMap((each) =>
      "in" in each && each.in === "query" ? [each.name] : [],
    );
    return [{ method, path, query, goodBody: GOOD_BODIES[`${method} ${path}`] }];
  }),
);

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
  const body = JSON.stringify(REGISTRATION);
  expect((await edge.send("/api/clusters", { method: "POST", role: "operator", body })).status).toBe(201);
});

const junkText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", " ", "-1", "1e999", "NaN", "null", "../..", "%00", "x".repeat(5_000)),
);
const junkJson = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e308, "", "x".repeat(10_000), null, [], {}, true));

/** The good body with one of its values replaced by anything at all, or with something added that nobody knows. */
function spoiled(good: unknown): fc.Arbitrary<unknown> {
  const paths = leavesOf(good);
  return fc.oneof(
    fc.tuple(fc.constantFrom(...paths), junkJson).map(([path, junk]) => replaced(good, path, junk)),
    junkJson.map((junk) =>
      typeof good === "object" && !Array.isArray(good) ? { ...good, unknown_field: junk } : [good],
    ),
    junkJson,
  );
}

function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], junk: unknown): unknown {
  if (key === undefined) return junk;
  const copy: unknown = structuredClone(value);
  Reflect.set(copy as object, key, replaced(Reflect.get(copy as object, key), rest, junk));
  return copy;
}

async function expectSound(response: Response, before: unknown): Promise<void> {
  const text = await response.text();
  expect(response.headers.get("x-request-id")).toBeTruthy();
  if (response.status < 400) return;
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = JSON.parse(text) as { status: number; code: string; title: string; detail: string };
  expect(problem).toMatchObject({
    status: response.status,
    code: expect.any(String),
    title: expect.any(String),
    detail: expect.any(String),
  });
  if (response.status >= 500) expect(NAMED_5XX).toContain(problem.code);
  expect(edge.catalog()).toEqual(before);
}

function urlOf(path: string, id: string, query: readonly (readonly [string, string])[]): string {
  const search = new URLSearchParams(query.map(([name, value]) => [name, value])).toString();
  return `${path.replace(/\{\w+\}/g, encodeURIComponent(id) || "x")}${search === "" ? "" : `?${search}`}`;
}

test("the document has every operation of this API", () => {
  expect(operations.length).toBeGreaterThanOrEqual(20);
  const taking = operations
    .filter(({ goodBody }) => goodBody !== undefined)
    .map(({ method, path }) => `${method} ${path}`);
  expect(taking.sort()).toEqual(Object.keys(GOOD_BODIES).sort());
});

test.each(operations.map((each) => [`${each.method.toUpperCase()} ${each.path}`, each] as const))(
  "%s: no input breaks it, and a refused one changes nothing",
  async (_, { method, path, query, goodBody }) => {
    const queries = fc.array(fc.tuple(fc.constantFrom("unknown", ...query), junkText), { maxLength: 4 });
    const ids = fc.oneof(
      junkText.filter((text) => text.isWellFormed()),
      fc.constantFrom("paris-1", "nobody"),
    );
    const bodies = goodBody === undefined ? fc.constant(undefined) : spoiled(goodBody);
    await fc.assert(
      fc.asyncProperty(ids, queries, bodies, async (id, search, body) => {
        const before = edge.catalog();
        const response = await edge.send(urlOf(path, id, search), {
          method: method.toUpperCase(),
          role: "admin",
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        await expectSound(response, before);
      }),
      { numRuns: 60, seed: 20_260_101 },
    );
    // It has left by now.
    if (path === "/admin/shutdown") edge = await startEdge();
  },
);

test.each([
  ["not JSON", "{", "application/json", 400, "invalid_json"],
  ["cut short", '{"cluster_id": "a', "application/json", 400, "invalid_json"],
  ["nothing", "", "application/json", 400, "invalid_json"],
  ["another type", "a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
  ["too much", `"${"x".repeat(MAX_BODY_BYTES)}"`, "application/json", 413, "body_too_large"],
] as const)("a body that is %s is refused by its own status", async (_, body, type, status, code) => {
  const before = edge.catalog();
  const headers = { "content-type": type };
  const response = await edge.send("/api/clusters", { method: "POST", role: "operator", body, headers });
  expect(response.status).toBe(status);
  expect(await response.clone().json()).toMatchObject({ code });
  await expectSound(response, before);
});

test("bad input is told field by field", async () => {
  const body = JSON.stringify({ ...REGISTRATION, endpoints: [], services: [{ name: "", weight: -1 }], ttl: 5 });
  const response = await edge.send("/api/clusters", { method: "POST", role: "operator", body });
  expect(response.status).toBe(400);
  const problem = (await response.json()) as { code: string; errors: { path: string; message: string }[] };
  expect(problem.code).toBe("invalid_request");
  const paths = problem.errors.map(({ path }) => path);
  for (const path of ["endpoints", "services[0].name", "services[0].weight"]) expect(paths).toContain(path);
  expect(problem.errors.some(({ message }) => message.includes("ttl"))).toBe(true);
});

test("an unknown path is 404, a known one under another method 405 with those that it has", async () => {
  expect(await (await edge.send("/nowhere")).json()).toMatchObject({ status: 404, code: "not_found" });
  const response = await edge.send("/api/clusters", { method: "PATCH" });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
  await expectSound(response, edge.catalog());
});

test("the document and its page are open, and the page lists every operation", async () => {
  const document = await edge.send("/openapi.json");
  expect(await document.json()).toMatchObject({ openapi: "3.1.0", info: { title: "MPREG" } });
  const page = await (await edge.send("/docs")).text();
  for (const { path } of operations) expect(page).toContain(path);
});
