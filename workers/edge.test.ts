/** Edges that hand requests on to each other, with hubs that answer as they are told. */
import { SignJWT } from "jose";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Env } from "../durable-objects/deployment/index.ts";
import { answered, type Reply, refused } from "../hub-core/common/problem.ts";
import type { Request as HubRequest } from "../hub-core/hub/index.ts";
import { handle } from "./edge.ts";
import { Handovers } from "./hubs/index.ts";

const USER_KEY = "the key that signs the tokens of this test's users";
const PEER_KEY = "the key by which the hubs of this test know each other";
const FEDERATION = `
federation: { name: planet }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 }, url: "https://us.example" }
  - { id: eu-west, coordinates: { latitude: 53.35, longitude: -6.26 }, url: "https://eu.example" }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-us, region: us-east, hub_tier: regional, parent_hub: global-hub }
  - { id: regional-eu, region: eu-west, hub_tier: regional, parent_hub: global-hub }
`;

let asked: { hub: string; request: HubRequest }[];
/** What a hub says to the nth question that it is asked. */
let says: (hub: string, nth: number, request: HubRequest) => Reply;

beforeEach(() => {
  asked = [];
  says = (hub) => answered({ cluster_id: "c1", hub_id: hub }, 201);
  // Node wants to hear it of a body that is a stream; the platform's types do not know it.
  const streamed = { duplex: "half" } as RequestInit;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    return arrive(new Request(input, { ...init, ...streamed }));
  });
});
afterEach(() => vi.restoreAllMocks());

function envOf(region: string): Env {
  const ask = (hub: string, request: HubRequest) => {
    asked.push({ hub, request });
    return says(hub, asked.filter((each) => each.hub === hub).length, request);
  };
  const get = (hub: string) => ({
    ask: async (request: HubRequest) => ask(hub, request),
    askAll: (requests: readonly HubRequest[]) => Promise.all(requests.map((request) => ask(hub, request))),
  });
  return {
    HUB: { idFromName: (hub: string) => hub, get } as unknown as Env["HUB"],
    MPREG_REGION: region,
    MPREG_FEDERATION: FEDERATION,
    MPREG_PEER_KEY: PEER_KEY,
    JWT_SECRET_KEY: USER_KEY,
  };
}

/** At the edge that its address names. */
function arrive(request: Request): Promise<Response> {
  const region = new URL(request.url).hostname === "us.example" ? "us-east" : "eu-west";
  const ctx = { waitUntil: () => undefined, passThroughOnException: () => undefined } as unknown as ExecutionContext;
  return handle(request, envOf(region), ctx);
}

async function register(url: string, headers: Record<string, string> = {}) {
  const token = await new SignJWT({ roles: ["operator"] })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("mpreg-federation")
    .setExpirationTime("10m")
    .sign(new TextEncoder().encode(USER_KEY));
  const cluster = { cluster_id: "c1", endpoints: [{ url: "https://c1.example" }], services: [{ name: "api" }] };
  const response = await arrive(
    new Request(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(cluster),
    }),
  );
  return { status: response.status, headers: response.headers, body: (await response.json()) as { code?: string } };
}

const redirectTo = (hub: string, region: string): Reply => refused(421, "redirect", "", { hub_id: hub, region });

test("a redirect is a new search: back to an edge that has passed the request on, and from there on again", async () => {
  says = (hub, nth) => {
    if (hub === "global-hub") return redirectTo("regional-eu", "eu-west");
    return nth === 1 ? redirectTo("global-hub", "us-east") : answered({ cluster_id: "c1", hub_id: hub }, 201);
  };
  const { status, body } = await register("https://us.example/hubs/regional-eu/api/clusters");
  expect({ status, body }).toMatchObject({ status: 201, body: { hub_id: "regional-eu" } });
  expect(asked.map(({ hub, request }) => [hub, (request as { redirects?: number }).redirects])).toEqual([
    ["regional-eu", undefined],
    ["global-hub", 1],
    ["regional-eu", 2],
  ]);
});

test("redirects without end are 503 with a time to try again", async () => {
  says = (hub) => (hub === "global-hub" ? redirectTo("regional-eu", "eu-west") : redirectTo("global-hub", "us-east"));
  const { status, headers, body } = await register("https://us.example/hubs/regional-eu/api/clusters");
  expect({ status, body }).toMatchObject({ status: 503, body: { code: "owner_unsettled" } });
  expect(headers.get("retry-after")).toBe("1");
  expect(asked).toHaveLength(4);
});

test("a redirect to a hub that nobody finds is not said to be the hub that the client named", async () => {
  says = (_, __, { kind }) =>
    kind === "locate" ? refused(404, "hub_unknown", "no such hub") : redirectTo("atlantis", "eu-west");
  const { status, headers, body } = await register("https://us.example/api/clusters");
  expect({ status, body }).toMatchObject({ status: 503, body: { code: "owner_unsettled" } });
  expect(headers.get("retry-after")).toBe("1");
});

test("headers by which edges talk count for nothing when a client writes them", async () => {
  const forged = new Headers();
  await new Handovers("planet", "a key of the client's own").write(forged, "global-hub", {
    passed: ["eu-west/regional-eu", "a", "b"],
    redirects: 3,
    client: { latitude: 1, longitude: 2 },
  });
  const headers = {
    "x-mpreg-redirects": "1",
    "x-mpreg-forwarded": "us-east/global-hub,a,b",
    "x-mpreg-client-position": "1,2",
    ...Object.fromEntries(forged),
  };
  expect((await register("https://us.example/hubs/global-hub/api/clusters", headers)).status).toBe(201);
  expect((await register("https://us.example/hubs/regional-eu/api/clusters", headers)).status).toBe(201);
  for (const { request } of asked) {
    expect(request).not.toHaveProperty("assigned");
    expect(request).not.toHaveProperty("redirects");
  }
});

test("an edge's word counts: how often a write was sent on, and where the client is", async () => {
  const headers = new Headers();
  const client = { latitude: -1.29, longitude: 36.82 };
  const handovers = new Handovers("planet", PEER_KEY);
  await handovers.write(headers, "global-hub", { passed: ["eu-west/regional-eu"], redirects: 2, client });
  await register("https://us.example/hubs/global-hub/api/clusters", Object.fromEntries(headers));
  expect(asked[0]?.request).toMatchObject({ assigned: true, redirects: 2 });
  await arrive(new Request("https://us.example/hubs/global-hub/api/route?service=api", { headers }));
  expect(asked[1]?.request).toMatchObject({ question: { position: { ...client, source: "request" } } });
});
