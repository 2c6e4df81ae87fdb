/** The edge with one real hub behind it, in this process: what a request does can be seen at once. */
import { SignJWT } from "jose";
import { type Env, readDeployment } from "../../durable-objects/deployment/index.ts";
import type { Reply } from "../../hub-core/common/problem.ts";
import { invariant } from "../../hub-core/common/types.ts";
import type { Hub, Request as HubRequest } from "../../hub-core/hub/index.ts";
import { app } from "../../workers/app.ts";
import type { EdgeBindings } from "../../workers/edge-env.ts";
import { FROM_CLIENT, Handovers, Hubs } from "../../workers/hubs/index.ts";
import { findWorldPlace, withFederation } from "../../workers/position/index.ts";
import { LoneHub } from "./lone-hub.ts";

const KEY = "the key that signs the tokens of this test's users";
const PEER_KEY = "the key by which the hubs of this test know each other";
const FEDERATION = `
federation: { name: one-hub }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 } }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-hub, region: us-east, hub_tier: regional, parent_hub: global-hub }
`;

export type Role = "viewer" | "operator" | "admin";

export interface Edge {
  readonly hub: Hub;
  send(
    path: string,
    init?: { method?: string; role?: Role; body?: string; headers?: Record<string, string> },
  ): Promise<Response>;
  /** Everything that a request could have changed. */
  catalog(): unknown;
}

export async function startEdge(now = Date.UTC(2026, 0, 1)): Promise<Edge> {
  // Of the bindings only the text ones are read here; the hub is called directly.
  const env = {
    MPREG_REGION: "us-east",
    MPREG_FEDERATION: FEDERATION,
    MPREG_REGION_URLS: '{"us-east":"http://edge.test"}',
  };
  const deployment = readDeployment(env as unknown as Env);
  const config = deployment.hubConfig("global-hub");
  invariant(config !== null, "the federation names its hub");
  // Named by the federation, and not there: alone, a hub would wait for most of its group before it agrees on anything.
  const lone = new LoneHub({ ...config, seeds: [] }, now);
  const { hub } = lone;
  const stub = {
    ask: async (request: HubRequest): Promise<Reply> => lone.ask(request),
    askAll: async (requests: readonly HubRequest[]) => requests.map((request) => lone.ask(request)),
    introduce: async (): Promise<Reply> => ({ ok: true, status: 202, value: {} }),
    fetch: async () => new Response(null, { status: 401 }),
  };
  const bindings: EdgeBindings = {
    deployment,
    hubs: new Hubs({ candidates: ["global-hub"], stubOf: () => stub }),
    addressed: null,
    handover: FROM_CLIENT,
    handovers: new Handovers("one-hub", PEER_KEY),
    network: { latitude: 39, longitude: -77, source: "region", place: "us-east" },
    findPlace: withFederation(deployment.federation, findWorldPlace),
    tokenKey: KEY,
    peerKey: PEER_KEY,
  };
  const tokens = new Map(
    await Promise.all(["viewer", "operator", "admin"].map(async (role) => [role, await tokenOf(role)] as const)),
  );
  return {
    hub,
    send: async (path, { method = "GET", role, body, headers = {} } = {}) => {
      const all = new Headers(headers);
      if (role) all.set("authorization", `Bearer ${tokens.get(role)}`);
      if (body !== undefined && !all.has("content-type")) all.set("content-type", "application/json");
      return app.fetch(new Request(`http://edge.test${path}`, { method, headers: all, body: body ?? null }), bindings);
    },
    catalog: () => {
      // Ballots that are open are decided meanwhile, and not by what comes next.
      lone.rest(3_000);
      const { catalog } = hub.registry;
      const clusters = [...catalog.clusters()].map(({ record }) => record);
      const groups = hub.agreement
        .all()
        .map(({ state: { keyValues, proposals } }) => [keyValues.revision, proposals.pending, proposals.decided]);
      return { version: catalog.version, clusters, groups };
    },
  };
}

function tokenOf(role: string): Promise<string> {
  return new SignJWT({ roles: [role] })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("mpreg-federation")
    .setExpirationTime("10m")
    .sign(new TextEncoder().encode(KEY));
}
