/** A planet as its user has it: the `mpreg` command in a process of its own, and the HTTP API. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PairChange } from "../../infra/wan/control.ts";
import { CONTROL_HEADER } from "../../infra/wan/control-header.ts";

const COMMAND = join(import.meta.dirname, "../../infra/bin/mpreg.js");
const CALL_TIMEOUT_MS = 10_000;
const POLL_MS = 100;
/** The command looks for free ports above this one, up to 1,100 further. */
const HIGHEST_PORT = 60_000;

type Role = "viewer" | "operator" | "admin";

/** `mpreg start --json`. */
export interface PlanetState {
  readonly url: string;
  readonly supervisor: { readonly pid: number; readonly url: string };
  readonly regions: readonly {
    readonly region: string;
    readonly url: string;
    readonly pid: number;
    readonly backend_pid: number;
    readonly hubs: readonly string[];
  }[];
  readonly tokens: Readonly<Record<Role, string>>;
  readonly wan: { readonly url: string; readonly pid: number };
  readonly control_key: string;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface RegistryStatus {
  readonly hubs: readonly { readonly hub_id: string; readonly region: string; readonly state: string }[];
  readonly clusters: { readonly total: number; readonly healthy: number };
}

export interface Question {
  readonly method?: string;
  readonly role?: Role;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export class LocalPlanet {
  readonly topology: string;
  readonly stateDir: string;
  #state: PlanetState | null = null;

  private constructor(topology: string, stateDir: string) {
    this.topology = topology;
    this.stateDir = stateDir;
  }

  /** Not started yet. */
  static async at(topology: string): Promise<LocalPlanet> {
    return new LocalPlanet(topology, await mkdtemp(join(tmpdir(), "mpreg-planet-")));
  }

  get state(): PlanetState {
    if (!this.#state) throw new Error("the planet is not started");
    return this.#state;
  }

  /** Returns when all hubs and clusters are healthy. */
  async start(): Promise<PlanetState> {
    const port = await freePort();
    const { code, stdout, stderr } = await this.mpreg(
      ...["start", "--detach", "--json", "--topology", this.topology, "--port", String(port)],
    );
    if (code !== 0) throw new Error(`mpreg start ended with ${code}:\n${stderr}${stdout}`);
    this.#state = JSON.parse(stdout) as PlanetState;
    return this.#state;
  }

  async stop(): Promise<Outcome> {
    return this.mpreg("stop");
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.stateDir, { recursive: true, force: true });
  }

  /** Runs the command against this planet's state directory. */
  mpreg(...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [COMMAND, ...args, "--state-dir", this.stateDir]);
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
      });
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** `mpreg … --json`, which must succeed. */
  async mpregJson<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.mpreg(...args, "--json");
    if (code !== 0) throw new Error(`mpreg ${args.join(" ")} ended with ${code}:\n${stderr}${stdout}`);
    return JSON.parse(stdout) as T;
  }

  region(id: string): PlanetState["regions"][number] {
    const region = this.state.regions.find((candidate) => candidate.region === id);
    if (!region) throw new Error(`no region ${id}`);
    return region;
  }

  /** The region's processes as they are now: a region that came back has new ones. */
  async refresh(): Promise<void> {
    // Not with code 0 while a hub is failed still; its answer is whole all the same.
    const { stdout } = await this.mpreg("status", "--json");
    const { regions } = JSON.parse(stdout) as {
      regions: readonly { region: string; pid: number; backend_pid: number }[];
    };
    const now = new Map(regions.map((region) => [region.region, region]));
    this.#state = {
      ...this.state,
      regions: this.state.regions.map((region) => {
        const { pid, backend_pid } = now.get(region.region) ?? region;
        return { ...region, pid, backend_pid };
      }),
    };
  }

  /** `where`: a region, or null for the front door. */
  async call(where: string | null, path: string, question: Question = {}): Promise<Answer> {
    const { method = "GET", role = "viewer", body, headers, timeoutMs = CALL_TIMEOUT_MS } = question;
    const response = await fetch(`${where === null ? this.state.url : this.region(where).url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.state.tokens[role]}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") ?? false;
    return { status: response.status, body: json ? (JSON.parse(text) as unknown) : text };
  }

  async registry(where: string | null, hub?: string): Promise<RegistryStatus> {
    const path = `${hub === undefined ? "" : `/hubs/${hub}`}/api/registry/status`;
    return (await this.call(where, path)).body as RegistryStatus;
  }

  /** `kill -9` of the region's runtime; its clusters live on. */
  kill(id: string): void {
    process.kill(this.region(id).pid, "SIGKILL");
  }

  /** What `mpreg chaos start` does, without a process of its own. */
  async revive(id: string): Promise<void> {
    const { supervisor, control_key } = this.state;
    const response = await fetch(`${supervisor.url}/regions/${id}/start`, {
      method: "POST",
      headers: { [CONTROL_HEADER]: control_key },
    });
    if (!response.ok) throw new Error(`start ${id}: ${response.status} ${await response.text()}`);
    const { pid, backend_pid } = (await response.json()) as { pid: number; backend_pid: number };
    const regions = this.state.regions.map((each) => (each.region === id ? { ...each, pid, backend_pid } : each));
    this.#state = { ...this.state, regions };
  }

  /** What `mpreg chaos` does, without a process of its own, so that a moment can be measured from. */
  async changeRoad(a: string, b: string, action: PairChange["action"]): Promise<void> {
    const response = await fetch(`${this.state.wan.url}/pairs`, {
      method: "POST",
      headers: { [CONTROL_HEADER]: this.state.control_key, "content-type": "application/json" },
      body: JSON.stringify({ a, b, action, one_way: false }),
    });
    if (!response.ok) throw new Error(`${action.kind} ${a} ${b}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }

  /** Sums one counter over every hub of the given regions, and over its labels. */
  async counter(name: string, regions: readonly string[]): Promise<number> {
    let sum = 0;
    for (const region of regions) {
      const { body } = await this.call(region, "/metrics");
      for (const line of String(body).split("\n")) {
        if (line.startsWith(`${name}{`)) sum += Number(line.slice(line.lastIndexOf(" ") + 1));
      }
    }
    return sum;
  }
}

/** Asks until the answer is something; a call that fails is asked again, and the last reason is told. */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined | false | null>,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown = "the condition did not hold";
  for (;;) {
    try {
      const found = await ask();
      if (found) return found;
      last = "the condition did not hold";
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
    await sleep(POLL_MS);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    if (port <= HIGHEST_PORT) return port;
  }
}
