/** A whole federation on this machine: one runtime and one backend per region, the WAN between them, a front door. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Federation } from "../../hub-core/config/index.ts";
import type { WanConfig, WanReady } from "../wan/main.ts";
import { type Bundle, bundleWorker } from "./bundle.ts";
import { type Child, startChild } from "./child-process.ts";
import { controlServer } from "./control.ts";
import { type FederationState, removeFederationState, writeFederationState } from "./federation-state.ts";
import { makeDirectory, readJson, useStateDirectory, writeJson } from "./files.ts";
import type { FrontDoorConfig } from "./front-door.ts";
import { releaseLock, takeLock } from "./leftovers.ts";
import { loadPlatformSettings } from "./platform-settings.ts";
import { allocatePorts, type PortMap, type PortRequest } from "./ports.ts";
import { Region } from "./region.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import { issueToken } from "./tokens.ts";
import { loadTopology, type Road, roadsOf } from "./topology.ts";
import { awaitClusters, wakeHubs } from "./wake.ts";

export interface PlanetOptions {
  readonly topologyFile: string;
  readonly stateDir: string;
  readonly port: number;
  /** Entry of the worker to run, when it is another build than this one's. */
  readonly workerEntry?: string | undefined;
  /** One line a stage. */
  readonly progress: (line: string) => void;
}

export interface Planet {
  readonly state: FederationState;
  readonly bundle: Bundle;
  /** Resolves when everything is stopped, by `stop` or through the control port. */
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";

export async function startPlanet(options: PlanetOptions): Promise<Planet> {
  const { stateDir, progress } = options;
  const federation = await loadTopology(options.topologyFile);
  await useStateDirectory(stateDir);
  await makeDirectory(join(stateDir, "logs"));
  await takeLock(stateDir);
  try {
    const { regions, hubs, clusters, name } = federation;
    progress(`${name}: ${regions.length} regions, ${hubs.length} hubs, ${clusters.length} clusters`);
    return await new Launch(options, federation).run();
  } catch (error) {
    await removeFederationState(stateDir);
    await releaseLock(stateDir);
    throw error;
  }
}

class Launch {
  readonly #options: PlanetOptions;
  readonly #federation: Federation;
  readonly #roads: readonly Road[];
  readonly #controlKey = randomBytes(16).toString("hex");
  #regions: Region[] = [];
  #wan: Child<WanReady> | null = null;
  #front: Child<{ url: string }> | null = null;
  #state: FederationState | null = null;
  #writing: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(options: PlanetOptions, federation: Federation) {
    this.#options = options;
    this.#federation = federation;
    this.#roads = roadsOf(federation).roads;
  }

  async run(): Promise<Planet> {
    const { stateDir, progress } = this.#options;
    const [secrets, ports, platform, bundle] = await Promise.all([
      loadSecrets(stateDir),
      this.#ports(),
      loadPlatformSettings(),
      bundleWorker(join(stateDir, "bundle"), this.#options.workerEntry),
    ]);
    progress(`worker ${bundle.hash}, ${Math.round(bundle.bytes / 1_024)} KiB`);
    const tokens = await this.#tokens(secrets);
    this.#regions = this.#federation.regions.map(({ id }) => {
      return new Region({
        federation: this.#federation,
        region: id,
        port: portOf(ports, `edge ${id}`),
        backendPort: portOf(ports, `backend ${id}`),
        regionUrls: this.#urlsFrom(id, ports),
        stateDir,
        bundle,
        platform,
        secrets,
        operatorToken: tokens.operator,
      });
    });
    let finished: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      finished = resolve;
    });
    const control = await controlServer(portOf(ports, "control"), this.#controlKey, {
      state: () => this.#state,
      kill: (id) => this.#withRegion(id, (region) => region.kill()),
      start: (id) => this.#withRegion(id, (region) => this.#revive(region)),
      stop: () => stop(),
    });
    const stop = (): Promise<void> => {
      this.#stopping ??= this.#stopAll().then(() => {
        control.server.close();
        control.server.closeAllConnections();
        finished();
      });
      return this.#stopping;
    };
    try {
      await this.#startProcesses(ports, control.url, tokens);
      await wakeHubs(this.#regions, progress);
      const { clusters } = this.#federation;
      if (clusters.length > 0 && this.#front)
        await awaitClusters(this.#front.ready.url, tokens.viewer, clusters.length, progress);
    } catch (error) {
      await stop();
      throw error;
    }
    this.#save({ ready: true });
    await this.#writing;
    if (!this.#state) throw new Error("the planet was stopped while it started");
    return { state: this.#state, bundle, stopped, stop };
  }

  async #startProcesses(ports: PortMap, controlUrl: string, tokens: FederationState["tokens"]): Promise<void> {
    const { stateDir, progress, topologyFile } = this.#options;
    this.#state = {
      name: this.#federation.name,
      url: `http://${HOST}:${portOf(ports, "front")}`,
      supervisor: { pid: process.pid, url: controlUrl },
      control_key: this.#controlKey,
      started_at: new Date().toISOString(),
      ready: false,
      topology: topologyFile,
      regions: [],
      tokens,
      wan: { url: `http://${HOST}:${portOf(ports, "wan")}`, pid: 0 },
    };
    this.#save({});
    let up = 0;
    await all([
      this.#startWan(ports).then((wan) => {
        this.#wan = wan;
        this.#save({ wan: { url: wan.ready.url, pid: wan.pid } });
      }),
      this.#startFront(ports).then((front) => {
        this.#front = front;
      }),
      ...this.#regions.map(async (region) => {
        region.onEnd = () => this.#save({});
        await region.start();
        up += 1;
        this.#save({});
        progress(`${region.id} runs at ${region.url} (${up}/${this.#regions.length})`);
      }),
    ]);
    await writeJson(join(stateDir, "ports.json"), ports);
  }

  async #ports(): Promise<PortMap> {
    const { port, stateDir } = this.#options;
    const ids = this.#federation.regions.map((region) => region.id);
    const requests: PortRequest[] = [
      { name: "front", preferred: port, required: true },
      ...ids.map((id, i) => ({ name: `edge ${id}`, preferred: port + 1 + i })),
      { name: "control", preferred: port + 60 },
      { name: "wan", preferred: port + 61 },
      ...ids.map((id, i) => ({ name: `backend ${id}`, preferred: port + 70 + i })),
      ...this.#roads.map(({ from, to }, i) => ({ name: `road ${from} ${to}`, preferred: port + 1_000 + i })),
    ];
    return allocatePorts(requests, (await readJson<PortMap>(join(stateDir, "ports.json"))) ?? {});
  }

  async #tokens(secrets: Secrets): Promise<FederationState["tokens"]> {
    const { security } = this.#federation.settings;
    const key = security.secretKey ?? secrets.userKey;
    const issue = (role: "viewer" | "operator" | "admin"): Promise<string> =>
      issueToken(key, security, { role, subject: `local-${role}`, expiresInMs: security.tokenExpiryMs });
    const [viewer, operator, admin] = await Promise.all([issue("viewer"), issue("operator"), issue("admin")]);
    return { viewer, operator, admin };
  }

  /** Its own edge is at hand; all others are across the WAN. */
  #urlsFrom(id: string, ports: PortMap): Record<string, string> {
    const across = this.#roads
      .filter((road) => road.from === id)
      .map((road) => [road.to, `http://${HOST}:${portOf(ports, `road ${road.from} ${road.to}`)}`] as const);
    return Object.fromEntries([[id, `http://${HOST}:${portOf(ports, `edge ${id}`)}`], ...across]);
  }

  #startWan(ports: PortMap): Promise<Child<WanReady>> {
    const config: WanConfig = {
      controlPort: portOf(ports, "wan"),
      controlKey: this.#controlKey,
      roads: this.#roads.map((road) => ({
        ...road,
        listenPort: portOf(ports, `road ${road.from} ${road.to}`),
        targetPort: portOf(ports, `edge ${road.to}`),
      })),
    };
    return startChild(new URL("../wan/main.ts", import.meta.url), config, join(this.#options.stateDir, "logs/wan.log"));
  }

  #startFront(ports: PortMap): Promise<Child<{ url: string }>> {
    const edges = this.#federation.regions.map(({ id }) => ({ region: id, port: portOf(ports, `edge ${id}`) }));
    const config: FrontDoorConfig = { port: portOf(ports, "front"), edges };
    return startChild(
      new URL("./front-door.ts", import.meta.url),
      config,
      join(this.#options.stateDir, "logs/front-door.log"),
    );
  }

  async #withRegion(id: string, act: (region: Region) => Promise<void>): Promise<boolean> {
    const region = this.#regions.find((candidate) => candidate.id === id);
    if (!region) return false;
    await act(region);
    this.#save({});
    await this.#writing;
    return true;
  }

  async #revive(region: Region): Promise<void> {
    await region.start();
    await wakeHubs([region], () => undefined);
  }

  /** Writes follow each other, and the last one says what is so. */
  #save(change: Partial<FederationState>): void {
    if (!this.#state || this.#stopping) return;
    this.#state = { ...this.#state, ...change, regions: this.#regions.map((region) => region.state) };
    const state = this.#state;
    this.#writing = this.#writing.then(() => writeFederationState(this.#options.stateDir, state));
  }

  async #stopAll(): Promise<void> {
    // These first: a runtime ends when its last connection does, and links across the WAN would hold it.
    for (const child of [this.#front, this.#wan]) child?.process.kill("SIGTERM");
    await Promise.all([this.#front?.exited, this.#wan?.exited]);
    await Promise.all(this.#regions.map((region) => region.stop()));
    await this.#writing;
    await removeFederationState(this.#options.stateDir);
    await releaseLock(this.#options.stateDir);
  }
}

/** As Promise.all, but nothing is under way any more when it rejects: what was started can then be stopped. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  for (const done of await Promise.allSettled(work)) if (done.status === "rejected") throw done.reason;
}

function portOf(ports: PortMap, name: string): number {
  const port = ports[name];
  if (port === undefined) throw new Error(`no port was allocated for ${name}`);
  return port;
}
