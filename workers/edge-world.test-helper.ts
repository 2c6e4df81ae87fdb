/** Two regions' edges, with hubs that answer as a test says: what each was asked can be seen. */
import { SignJWT } from "jose";
import { afterEach, beforeEach, vi } from "vitest";
import type { Env } from "../durable-objects/deployment/index.ts";
import { answered, type Reply } from "../hub-core/common/problem.ts";
import type { Request as HubRequest } from "../hub-core/hub/index.ts";
import { handle } from "./edge.ts";

const USER_KEY = "the key that signs the tokens of this test's users";
const PEER_KEY = "the key by which the hubs of this test know each other";
const federationOf = (localHubs: readonly string[]) => `
federation: { name: planet }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 }, url: "https://us-east.example" }
  - { id: eu-west, coordinates: { latitude: 53.35, longitude: -6.26 }, url: "https://eu-west.example" }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-us, region: us-east, hub_tier: regional, parent_hub: global-hub }
  - { id: local-us, region: us-east, hub_tier: local, parent_hub: regional-us }
  - { id: regional-eu, region: eu-west, hub_tier: regional, parent_hub: global-hub }
  - { id: local-eu, region: eu-west, hub_tier: local, parent_hub: regional-eu }
${localHubs.map((id) => `  - { id: ${id}, region: us-east, hub_tier: local, parent_hub: regional-us }`).join("\n")}
consensus: { proposal_timeout: 10.0 }
`;

/** As hubs tell it: `regional-ap` joined later. */
const HUBS = [
  ["global-hub", "global", "us-east"],
  ["regional-us", "regional", "us-east"],
  ["regional-eu", "regional", "eu-west"],
  ["regional-ap", "regional", "ap-south"],
].map(([hub_id, tier, region]) => ({ hub_id, tier, region, state: "alive" }));

export type Says = (hub: string, question: HubRequest) => Reply | Promise<Reply> | "dead" | "silent";

export interface EdgeWorld {
  /** The questions that hubs were asked, but for those about where hubs are. */
  readonly asked: { readonly hub: string; readonly question: HubRequest }[];
  says: Says;
  /** In us-east, besides `local-us`. */
  localHubs: readonly string[];
  /** Regions whose edge does not answer the others. */
  readonly cut: Set<string>;
  /** Regions whose machine is there, and has nothing that listens. */
  readonly down: Set<string>;
  /** At the edge of `region`, by default us-east. */
  send(path: string, init?: SendOptions): Promise<Response>;
  /** The same, with time that passes as fast as it can. */
  sendAndWait(path: string, init?: SendOptions): Promise<Response>;
}

interface SendOptions {
  readonly method?: string;
  readonly region?: string;
  readonly role?: "viewer" | "operator" | null;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly body?: string;
}

/** For the tests of one file: fresh before each. */
export function edgeWorld(): EdgeWorld {
  const world: EdgeWorld = {
    localHubs: [],
    asked: [],
    says: () => answered({}),
    cut: new Set(),
    down: new Set(),
    send: async (path, options = {}) => arrive(world, await requestOf(path, options)),
    sendAndWait: (path, options) => passingTime(world.send(path, options)),
  };
  beforeEach(() => {
    world.asked.length = 0;
    world.cut.clear();
    world.down.clear();
    world.localHubs = [];
    world.says = () => answered({});
    vi.spyOn(console, "warn").mockReturnValue();
    // Node wants to hear it of a body that is a stream; the platform's types do not know it.
    const streamed = { duplex: "half" } as RequestInit;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input, { ...init, ...streamed });
      const region = regionOf(request);
      if (world.cut.has(region) || !REGIONS.includes(region)) throw new Error("Network connection lost.");
      if (world.down.has(region)) throw new Error("connect: Connection refused");
      return abortable(arrive(world, request), init?.signal ?? null);
    });
    // Of the clock that tests may wind.
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      const late = new AbortController();
      setTimeout(() => late.abort(new Error("too late")), ms);
      return late.signal;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  return world;
}

function abortable(response: Promise<Response>, signal: AbortSignal | null): Promise<Response> {
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
  return Promise.race([response, aborted]);
}

const REGIONS = ["us-east", "eu-west"];
const regionOf = (request: Request): string => new URL(request.url).hostname.split(".")[0] ?? "";

async function requestOf(path: string, options: SendOptions): Promise<Request> {
  const { method = "GET", region = "us-east", role = "operator", json, body = json && JSON.stringify(json) } = options;
  const headers = new Headers(options.headers);
  if (role !== null) headers.set("authorization", `Bearer ${await tokenOf(role)}`);
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  return new Request(`https://${region}.example${path}`, { method, headers, body: (body as string) ?? null });
}

function arrive(world: EdgeWorld, request: Request): Promise<Response> {
  const ctx = { waitUntil: () => undefined, passThroughOnException: () => undefined } as unknown as ExecutionContext;
  return handle(request, envOf(world, regionOf(request)), ctx);
}

function envOf(world: EdgeWorld, region: string): Env {
  const ask = async (hub: string, question: HubRequest): Promise<Reply> => {
    if (question.kind === "registry-status") return answered({ hubs: HUBS });
    if (question.kind === "locate") {
      const found = HUBS.find(({ hub_id }) => hub_id === question.hubId);
      return answered({ ...found, address: `https://${found?.region}.example` });
    }
    world.asked.push({ hub, question });
    const said = world.says(hub, question);
    if (said === "dead") throw new Error("the object was reset");
    return said === "silent" ? new Promise(() => undefined) : said;
  };
  const get = (hub: string) => ({
    ask: (question: HubRequest) => ask(hub, question),
    askAll: (questions: readonly HubRequest[]) => Promise.all(questions.map((question) => ask(hub, question))),
  });
  return {
    HUB: { idFromName: (hub: string) => hub, get } as unknown as Env["HUB"],
    MPREG_REGION: region,
    MPREG_FEDERATION: federationOf(world.localHubs),
    MPREG_PEER_KEY: PEER_KEY,
    JWT_SECRET_KEY: USER_KEY,
  };
}

function tokenOf(role: string): Promise<string> {
  return new SignJWT({ roles: [role] })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("mpreg-federation")
    .setExpirationTime("10m")
    .sign(new TextEncoder().encode(USER_KEY));
}

const realTimeout = setTimeout;

async function passingTime(response: Promise<Response>): Promise<Response> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  let settled = false;
  void response.finally(() => {
    settled = true;
  });
  while (!settled) {
    // Signing takes time that no clock here knows of.
    await new Promise((resolve) => realTimeout(resolve, 5));
    await vi.advanceTimersByTimeAsync(500);
  }
  return response;
}
