/** Regions on the real runtime, each a process of its own, running the worker as it is deployed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleWorker } from "../../infra/local/bundle.ts";
import { loadPlatformSettings } from "../../infra/local/platform-settings.ts";
import { Wire } from "./wire.ts";

export const PEER_KEY = "the key by which the hubs of this test know each other";
const USER_KEY = "the key that signs the tokens of this test's users";
const SCRIPT = "edge";

const FEDERATION = `
federation: { name: test-planet, profile: responsive }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 } }
  - { id: eu-west, coordinates: { latitude: 53.35, longitude: -6.26 } }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-us, region: us-east, hub_tier: regional, parent_hub: global-hub }
  - { id: local-nyc, region: us-east, hub_tier: local, parent_hub: regional-us, coordinates: { latitude: 40.71, longitude: -74.01 } }
  - { id: regional-eu, region: eu-west, hub_tier: regional, parent_hub: global-hub }
  - { id: local-lon, region: eu-west, hub_tier: local, parent_hub: regional-eu, coordinates: { latitude: 51.51, longitude: -0.13 } }
`;

export type Role = "viewer" | "operator" | "admin";

export class Region {
  readonly id: string;
  readonly wire: Wire;
  readonly #options: ConstructorParameters<typeof Miniflare>[0];
  #runtime: Miniflare | null = null;
  #url: URL | null = null;

  constructor(id: string, wire: Wire, options: ConstructorParameters<typeof Miniflare>[0]) {
    this.id = id;
    this.wire = wire;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#runtime = new Miniflare(this.#options);
    this.#url = await this.#runtime.ready;
    this.wire.connectTo(this.#url);
  }

  /** Where clients reach it, whatever becomes of the wire between the regions. */
  get url(): URL {
    if (!this.#url) throw new Error(`region ${this.id} is not running`);
    return this.#url;
  }

  /** The process is killed where it stands; its storage stays. */
  async stop(): Promise<void> {
    await this.#runtime?.dispose();
    this.#runtime = null;
  }

  /** The hub's memory goes, its storage stays; so do the sockets that it accepted, when it hibernates. */
  async evict(hub: string, webSockets: "close" | "hibernate"): Promise<void> {
    if (!this.#runtime) throw new Error(`region ${this.id} is not running`);
    await this.#runtime.unsafeEvictDurableObject(SCRIPT, "HubObject", { name: hub, webSockets });
  }

  /** Runs SQL inside a hub's own storage. */
  async sql(hub: string, statement: string): Promise<Record<string, unknown>[]> {
    if (!this.#runtime) throw new Error(`region ${this.id} is not running`);
    const storage = await this.#runtime.unsafeGetDurableObjectStorage(SCRIPT, "HubObject", { name: hub });
    return [...(await storage.exec(statement))];
  }
}

export interface PlanetOptions {
  /** Text of a federation file, or the JSON of a resolved federation. */
  readonly federation?: string;
  /** Further variables of a region's deployment. */
  readonly variables?: (region: string) => Readonly<Record<string, string>>;
}

export class Planet {
  readonly regions: readonly Region[];
  readonly #directory: string;

  private constructor(regions: readonly Region[], directory: string) {
    this.regions = regions;
    this.#directory = directory;
  }

  static async start(ids: readonly string[], options: PlanetOptions = {}): Promise<Planet> {
    const { federation = FEDERATION, variables = () => ({}) } = options;
    const directory = await mkdtemp(join(tmpdir(), "mpreg-test-"));
    const [bundle, platform] = await Promise.all([bundleWorker(directory), loadPlatformSettings()]);
    const wires = await Promise.all(ids.map(async (id) => ({ id, wire: await Wire.open() })));
    const urls = JSON.stringify(Object.fromEntries(wires.map(({ id, wire }) => [id, wire.url])));
    const regions = wires.map(({ id, wire }) => {
      const options = convertV4MiniflareOptions({
        name: SCRIPT,
        unsafeInspectDurableObjects: true,
        modules: true,
        scriptPath: bundle.file,
        modulesRoot: directory,
        cf: false,
        compatibilityDate: platform.compatibilityDate,
        compatibilityFlags: [...platform.compatibilityFlags],
        durableObjects: { HUB: { className: "HubObject", useSQLite: true } },
        resourcePersistencePath: join(directory, id),
        bindings: {
          MPREG_REGION: id,
          MPREG_FEDERATION: federation,
          MPREG_REGION_URLS: urls,
          MPREG_LOG_LEVEL: "error",
          MPREG_PEER_KEY: PEER_KEY,
          JWT_SECRET_KEY: USER_KEY,
          ...variables(id),
        },
      });
      return new Region(id, wire, options);
    });
    await Promise.all(regions.map((region) => region.start()));
    return new Planet(regions, directory);
  }

  region(id: string): Region {
    const region = this.regions.find((each) => each.id === id);
    if (!region) throw new Error(`no region ${id}`);
    return region;
  }

  async stop(): Promise<void> {
    await Promise.all(this.regions.flatMap((region) => [region.wire.close(), region.stop()]));
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function userToken(role: Role): Promise<string> {
  return new SignJWT({ roles: [role] })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("mpreg-federation")
    .setSubject("test")
    .setExpirationTime("10m")
    .sign(new TextEncoder().encode(USER_KEY));
}

/** A call to a region's edge, as an outsider makes it. */
export async function call(
  region: Region,
  path: string,
  init: { method?: string; body?: unknown; role?: Role; signal?: AbortSignal } = {},
) {
  const headers: Record<string, string> = {};
  if (init.role) headers.authorization = `Bearer ${await userToken(init.role)}`;
  if (init.body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(new URL(path, region.url), {
    method: init.method ?? "GET",
    headers,
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    ...(init.signal && { signal: init.signal }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== "" ? (JSON.parse(text) as Record<string, unknown>) : text,
  };
}

/** Polls until `look` gives something, or fails with what it saw last. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
