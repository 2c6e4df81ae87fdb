/** One region of a local planet: its runtime process and the process that plays its clusters. */
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Federation } from "../../hub-core/config/index.ts";
import type { BackendConfig, BackendReady } from "./backend.ts";
import type { Bundle } from "./bundle.ts";
import { type Child, startChild } from "./child-process.ts";
import type { RegionState } from "./federation-state.ts";
import { makeDirectory } from "./files.ts";
import type { PlatformSettings } from "./platform-settings.ts";
import type { Secrets } from "./secrets.ts";
import { workerdConfig } from "./workerd-config.ts";
import { listening, startWorkerd, type WorkerdProcess } from "./workerd-process.ts";

export interface RegionPlan {
  readonly federation: Federation;
  readonly region: string;
  readonly port: number;
  readonly backendPort: number;
  /** Region → base URL of its edge, as seen from here. */
  readonly regionUrls: Readonly<Record<string, string>>;
  readonly stateDir: string;
  readonly bundle: Bundle;
  readonly platform: PlatformSettings;
  readonly secrets: Secrets;
  readonly operatorToken: string;
}

const HOST = "127.0.0.1";
const LISTENS_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 3_000;

export class Region {
  readonly #plan: RegionPlan;
  #workerd: WorkerdProcess | null = null;
  #backend: Child<BackendReady> | null = null;
  #pids = { runtime: 0, backend: 0 };
  #onEnd: () => void = () => undefined;

  constructor(plan: RegionPlan) {
    this.#plan = plan;
  }

  get id(): string {
    return this.#plan.region;
  }

  get url(): string {
    return `http://${HOST}:${this.#plan.port}`;
  }

  get hubs(): string[] {
    return this.#plan.federation.hubs.filter((hub) => hub.region === this.#plan.region).map((hub) => hub.id);
  }

  get running(): boolean {
    return this.#workerd !== null;
  }

  get #condition(): RegionState["state"] {
    if (this.#workerd && this.#backend) return "running";
    return this.#workerd || this.#backend ? "partial" : "stopped";
  }

  get state(): RegionState {
    return {
      region: this.id,
      url: this.url,
      pid: this.#pids.runtime,
      backend_pid: this.#pids.backend,
      state: this.#condition,
      hubs: this.hubs,
    };
  }

  /** Called when one of its processes ends, however. */
  set onEnd(listener: () => void) {
    this.#onEnd = listener;
  }

  async start(): Promise<void> {
    await Promise.all([this.#startRuntime(), this.#startBackend()]);
  }

  async #startRuntime(): Promise<void> {
    if (this.#workerd) return;
    const { stateDir, region, secrets, port, federation } = this.#plan;
    const directory = join(stateDir, "regions", region);
    await makeDirectory(join(directory, "storage"));
    const configFile = join(directory, "workerd.capnp");
    await writeFile(configFile, this.#config(directory), { mode: 0o600 });
    const userKey = federation.settings.security.secretKey ?? secrets.userKey;
    const keys = { JWT_SECRET_KEY: userKey, MPREG_PEER_KEY: secrets.peerKey };
    const workerd = await startWorkerd(configFile, keys, join(stateDir, "logs", `${region}.log`));
    this.#workerd = workerd;
    this.#pids.runtime = workerd.pid;
    void workerd.exited.then(() => {
      if (this.#workerd === workerd) this.#workerd = null;
      this.#onEnd();
    });
    await listening(HOST, port, workerd, LISTENS_WITHIN_MS);
  }

  #config(directory: string): string {
    const { federation, region, regionUrls, bundle, platform, port } = this.#plan;
    return workerdConfig({
      storageKey: `mpreg-${federation.name}-${region}`,
      bundle: relative(directory, bundle.file),
      storageDirectory: "storage",
      compatibilityDate: platform.compatibilityDate,
      compatibilityFlags: platform.compatibilityFlags,
      listen: [`${HOST}:${port}`],
      vars: {
        MPREG_REGION: region,
        MPREG_FEDERATION: JSON.stringify(forWorker(federation)),
        MPREG_REGION_URLS: JSON.stringify(regionUrls),
        MPREG_LOG_LEVEL: federation.settings.monitoring.logLevel,
      },
      secrets: ["JWT_SECRET_KEY", "MPREG_PEER_KEY"],
    });
  }

  async #startBackend(): Promise<void> {
    if (this.#backend) return;
    const { stateDir, region, federation, backendPort, operatorToken } = this.#plan;
    const config: BackendConfig = {
      region,
      port: backendPort,
      edgeUrl: this.url,
      operatorToken,
      clusters: federation.clusters.filter((cluster) => cluster.region === region),
    };
    const module = new URL("./backend.ts", import.meta.url);
    const backend = await startChild<BackendConfig, BackendReady>(
      module,
      config,
      join(stateDir, "logs", `${region}-clusters.log`),
    );
    this.#backend = backend;
    this.#pids.backend = backend.pid;
    void backend.exited.then(() => {
      if (this.#backend === backend) this.#backend = null;
      this.#onEnd();
    });
  }

  /** As a power failure would: nobody gets to say goodbye. */
  async kill(): Promise<void> {
    this.#backend?.process.kill("SIGKILL");
    await Promise.all([this.#workerd?.kill(), this.#backend?.exited]);
  }

  async stop(): Promise<void> {
    this.#backend?.process.kill("SIGTERM");
    await Promise.all([this.#workerd?.stop(STOPS_WITHIN_MS), this.#backend?.exited]);
  }
}

/** Keys travel by the environment, and clusters register themselves. */
function forWorker(federation: Federation): Federation {
  const { settings } = federation;
  return {
    ...federation,
    clusters: [],
    settings: { ...settings, security: { ...settings.security, secretKey: null } },
  };
}
