/**
 * A group of exactly so many voters: a global hub and regional ones, each the only hub of its region and a `start-node` process with a
 * directory of its own. With a round trip, others reach a node through a proxy that delays; clients always reach it directly.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { issueToken } from "../../../infra/local/tokens.ts";
import { PairProxy } from "../../../infra/wan/proxy.ts";

const COMMAND = join(import.meta.dirname, "../../../infra/bin/mpreg.js");
const ISSUER = "mpreg-federation";
const PATIENCE_MS = 90_000;
const POLL_MS = 50;
const CALL_TIMEOUT_MS = 5_000;
/** Somewhere, all different: only names and places differ from region to region. */
const PLACES = [
  { latitude: 40.71, longitude: -74.01 },
  { latitude: 51.51, longitude: -0.13 },
  { latitude: 1.35, longitude: 103.82 },
  { latitude: -23.55, longitude: -46.63 },
  { latitude: 35.68, longitude: 139.69 },
];

export type Timing = "responsive" | "seed";

export interface LabOptions {
  readonly voters: 3 | 5;
  /** Between any two hubs; 0: none but the loopback's. */
  readonly rttMs: number;
  readonly timing: Timing;
}

export interface GroupStatus {
  readonly role: string;
  readonly term: number;
  readonly leader: string | null;
  readonly voters: readonly string[];
  readonly outgoing: readonly string[] | null;
  readonly quorum: { readonly have: number; readonly need: number };
  readonly commit_index: number;
  readonly quiesced: boolean;
}

interface Node {
  readonly id: string;
  readonly url: string;
  readonly file: string;
  readonly stateDir: string;
  readonly proxy: PairProxy | null;
  process: ChildProcess | null;
}

export class Lab {
  readonly options: LabOptions;
  readonly #directory: string;
  readonly #key: string;
  readonly #nodes: Node[] = [];
  token = "";

  private constructor(options: LabOptions, directory: string, key: string) {
    this.options = options;
    this.#directory = directory;
    this.#key = key;
  }

  /** Returns when all vote and agree. */
  static async start(options: LabOptions): Promise<Lab> {
    const key = randomBytes(24).toString("hex");
    const lab = new Lab(options, await mkdtemp(join(tmpdir(), "mpreg-consensus-")), key);
    try {
      await lab.#start();
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return lab;
  }

  get ids(): string[] {
    return this.#nodes.map(({ id }) => id);
  }

  /** Of the nodes that run. */
  get urls(): string[] {
    return this.#nodes.filter((node) => node.process !== null).map(({ url }) => url);
  }

  urlOf(id: string): string {
    return this.#node(id).url;
  }

  async leader(): Promise<string> {
    for (const { id } of this.#nodes) {
      const { leader } = await this.status(id);
      if (leader !== null) return leader;
    }
    throw new Error("nobody leads");
  }

  async status(id: string): Promise<GroupStatus> {
    const { groups } = (await this.#get(id, "/api/consensus/status")) as { groups: Record<string, GroupStatus> };
    const { global } = groups;
    if (!global) throw new Error(`${id} is in no group global`);
    return global;
  }

  /** Until every node votes, all know one leader, and a write through each is acknowledged. */
  async whole(): Promise<void> {
    const { voters } = this.options;
    await until("all vote, and know one leader", async () => {
      const all = await Promise.all(this.ids.map((id) => this.status(id)));
      const [first] = all;
      return all.every(
        (group) =>
          group.leader !== null &&
          group.leader === first?.leader &&
          group.term === first.term &&
          group.voters.length === voters &&
          group.outgoing === null &&
          group.quorum.have === voters,
      );
    });
    for (const url of this.urls) await until(`a write at ${url}`, () => this.put(url, "bench/read"));
  }

  /** @returns whether it was acknowledged. */
  async put(url: string, key: string, withinMs = CALL_TIMEOUT_MS): Promise<boolean> {
    const response = await fetch(`${url}/api/state/${key}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: "1",
      signal: AbortSignal.timeout(withinMs),
    });
    await response.arrayBuffer();
    return response.ok;
  }

  /** As an administrator. @returns the status. */
  async post(id: string, path: string): Promise<number> {
    const response = await fetch(`${this.urlOf(id)}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: "{}",
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS * 3),
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** `kill -9`: its runtime, which holds the links, is killed with it, some milliseconds later. */
  kill(id: string): void {
    const node = this.#node(id);
    if (!node.process) throw new Error(`${id} does not run`);
    node.process.kill("SIGKILL");
    node.process = null;
  }

  /** SIGTERM, as an operator does it: the node says goodbye. Returns when it has ended. */
  async shutDown(id: string): Promise<void> {
    const node = this.#node(id);
    const { process: parent } = node;
    if (!parent) throw new Error(`${id} does not run`);
    const ended = new Promise<void>((resolve) => parent.once("exit", () => resolve()));
    parent.kill("SIGTERM");
    await ended;
    node.process = null;
  }

  async revive(id: string): Promise<void> {
    await this.#run(this.#node(id));
    await this.whole();
  }

  /** A counter of every node, summed over nodes and labels. */
  async counter(name: string): Promise<number> {
    const texts = await Promise.all(this.ids.map((id) => this.#get(id, "/metrics")));
    const lines = texts.flatMap((text) => String(text).split("\n")).filter((line) => line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  async stop(): Promise<void> {
    for (const { process: parent } of this.#nodes) parent?.kill("SIGKILL");
    await Promise.all(this.#nodes.map(({ proxy }) => proxy?.close()));
    await sleep(200);
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #start(): Promise<void> {
    const { voters, rttMs } = this.options;
    const security = { issuer: ISSUER, adminRoles: ["federation_admin"], operatorRoles: ["federation_operator"] };
    this.token = await issueToken(this.#key, security, { role: "admin", subject: "bench", expiresInMs: 3_500_000 });
    for (const [at, place] of PLACES.slice(0, voters).entries()) {
      const id = at === 0 ? "global-hub" : `regional-${at}`;
      const port = await freePort();
      const road = { from: "others", to: id, rttMs, extraMs: 0, loss: 0, cut: false };
      const proxy = rttMs === 0 ? null : new PairProxy(road, port);
      await proxy?.listen(0);
      const file = join(this.#directory, `${id}.yaml`);
      const advertised = proxy === null ? "" : `, advertise_url: "http://127.0.0.1:${proxy.port}"`;
      await writeFile(file, this.#nodeFile(id, at, place, `listen_port: ${port}${advertised}`));
      const stateDir = join(this.#directory, id);
      this.#nodes.push({ id, url: `http://127.0.0.1:${port}`, file, stateDir, proxy, process: null });
    }
    await Promise.all(this.#nodes.map((node) => this.#run(node)));
    await this.whole();
  }

  #nodeFile(id: string, at: number, place: (typeof PLACES)[number], network: string): string {
    const { timing } = this.options;
    return [
      `node: { id: ${id}, region: region-${at}, hub_tier: ${at === 0 ? "global" : "regional, parent_hub: global-hub"}, coordinates: { latitude: ${place.latitude}, longitude: ${place.longitude} } }`,
      ...(timing === "responsive" ? ["profile: responsive"] : []),
      `network: { ${network} }`,
      "monitoring: { metrics_enabled: false }",
      `security: { tls_enabled: false, authentication: { method: jwt, secret_key: "\${JWT_SECRET_KEY}", issuer: ${ISSUER} } }`,
    ].join("\n");
  }

  /** Until it answers; whether it agrees with the others is `whole`'s to say. */
  async #run(node: Node): Promise<void> {
    const [first] = this.#nodes;
    const seed = first?.proxy ? `http://127.0.0.1:${first.proxy.port}` : first?.url;
    const args = [COMMAND, "start-node", "--config", node.file, "--state-dir", node.stateDir];
    if (node !== first) args.push("--seed", `global-hub=${seed}`);
    const peerKey = createHmac("sha256", this.#key).update("peers").digest("hex");
    const env = { ...process.env, JWT_SECRET_KEY: this.#key, MPREG_PEER_KEY: peerKey };
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
    });
    node.process = child;
    await until(`${node.id} answers`, async () => {
      if (child.exitCode !== null) throw new Ended(`${node.id} ended with ${child.exitCode}:\n${said}`);
      return (await fetch(`${node.url}/health`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })).status !== 404;
    });
  }

  #node(id: string): Node {
    const node = this.#nodes.find((candidate) => candidate.id === id);
    if (!node) throw new Error(`no node ${id}`);
    return node;
  }

  async #get(id: string, path: string): Promise<unknown> {
    const response = await fetch(`${this.urlOf(id)}${path}`, {
      headers: { authorization: `Bearer ${this.token}` },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${id} ${path}: ${response.status}`);
    const json = response.headers.get("content-type")?.includes("json") ?? false;
    return json ? response.json() : response.text();
  }
}

class Ended extends Error {}

/** Asks until it is so; a question that fails is asked again, and the last reason is told. */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let last: unknown; ; ) {
    try {
      if (await ask()) return;
    } catch (error) {
      if (error instanceof Ended) throw error;
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`, { cause: last });
    await sleep(POLL_MS);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
