/** Hubs as processes of their own, as on machines of their own: no directory is shared, only the key and a seed's address. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive, type RegistryStatus, until } from "./local-planet.ts";
import { PATIENCE_MS } from "./questions.ts";

const COMMAND = join(import.meta.dirname, "../../infra/bin/mpreg.js");
const KEY = "a key that both machines were given, 0123456789";
const PARENT_PORT = 23_180;
const CHILD_PORT = 23_280;

/** As an operator writes it; `secret_key` is in the environment. */
const nodeFile = (node: string, port: number): string => `
node: ${node}
network: { listen_port: ${port}, gossip_port: ${port + 1}, membership_port: ${port + 2}, consensus_port: ${port + 3}, max_connections_per_node: 10, connection_timeout: 30.0 }
gossip: { interval: 1.0, fanout: 3, strategy: hybrid, max_message_size: 65536, compression_enabled: true, batch_size: 10 }
membership: { probe_interval: 2.0, probe_timeout: 5.0, suspicion_timeout: 30.0 }
consensus: { threshold: 0.6, proposal_timeout: 10.0 }
monitoring: { metrics_enabled: true, metrics_port: ${port + 10}, health_check_interval: 30.0 }
limits: { max_graph_cache_size: 1000, max_gossip_messages: 10000, max_consensus_proposals: 100, cleanup_interval: 300.0 }
security:
  tls_enabled: true
  authentication: { method: jwt, secret_key: "\${JWT_SECRET_KEY}", token_expiry: 3600, issuer: mpreg-federation }
  authorization: { rbac_enabled: true, admin_roles: [federation_admin], operator_roles: [federation_operator] }
`;
const PARENT =
  "{ id: global-hub-001, region: us-east, hub_tier: global, coordinates: { latitude: 40.7128, longitude: -74.0060 } }";
const CHILD =
  "{ id: to-be-named, region: eu-west, hub_tier: local, coordinates: { latitude: 51.51, longitude: -0.13 } }";

interface Node {
  readonly process: ChildProcess;
  readonly events: { readonly event: string; readonly hub_id: string; readonly pid?: number }[];
  readonly ended: Promise<number | null>;
}

let directory: string;
const nodes: Node[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mpreg-nodes-"));
  await writeFile(join(directory, "parent.yaml"), nodeFile(PARENT, PARENT_PORT));
  await writeFile(join(directory, "child.yaml"), nodeFile(CHILD, CHILD_PORT));
});

afterAll(async () => {
  for (const node of nodes) node.process.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

function startNode(machine: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Node {
  const all = [COMMAND, "start-node", "--json", "--state-dir", join(directory, machine), ...args];
  const child = spawn(process.execPath, all, { env: { ...process.env, JWT_SECRET_KEY: KEY, ...env } });
  const events: Node["events"] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.map((line) => JSON.parse(line) as Node["events"][number]));
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const node = { process: child, events, ended };
  nodes.push(node);
  return node;
}

function token(): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = [COMMAND, "token", "--role", "viewer", "--config", join(directory, "parent.yaml")];
    const child = spawn(process.execPath, args, { env: { ...process.env, JWT_SECRET_KEY: KEY } });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", () => resolve(text.trim()));
  });
}

test("two nodes that share only a key and an address find each other, and flags win over the environment over the file", async () => {
  const parent = startNode("one", ["--config", join(directory, "parent.yaml")]);
  await until("the parent is ready", PATIENCE_MS, async () => parent.events.some(({ event }) => event === "ready"));
  const seed = `http://127.0.0.1:${PARENT_PORT}`;
  startNode("two", ["--seed", seed, "--hub-tier", "regional", "--parent-hub", "global-hub-001"], {
    MPREG_CONFIG_PATH: join(directory, "child.yaml"),
    MPREG_NODE_ID: "regional-eu",
    MPREG_HUB_TIER: "global",
  });
  const authorization = `Bearer ${await token()}`;
  for (const port of [PARENT_PORT, CHILD_PORT]) {
    await until(`both are alive at ${port}`, PATIENCE_MS, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/registry/status`, { headers: { authorization } });
      const { hubs } = (await response.json()) as RegistryStatus;
      const alive = hubs.filter((hub) => hub.state === "alive").map((hub) => hub.hub_id);
      return alive.sort().join() === "global-hub-001,regional-eu";
    });
  }
});

test("Prometheus needs no token on the loopback metrics port, and one everywhere else", async () => {
  const metrics = await fetch(`http://127.0.0.1:${CHILD_PORT + 10}/metrics`);
  expect(metrics.status).toBe(200);
  expect(await metrics.text()).toContain('federation_nodes_healthy{hub="regional-eu",region="eu-west"} 2');
  expect((await fetch(`http://127.0.0.1:${CHILD_PORT}/metrics`)).status).toBe(401);
});

test("a second node of the same id on one machine is refused", async () => {
  const second = startNode("one", ["--config", join(directory, "parent.yaml")]);
  expect(await second.ended).toBe(1);
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends a node cleanly", async (signal) => {
  const node = nodes[signal === "SIGTERM" ? 0 : 1];
  const pid = node?.events.find(({ event }) => event === "ready")?.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  node?.process.kill(signal);
  expect(await node?.ended).toBe(0);
  expect(node?.events.at(-1)).toMatchObject({ event: "stopped", by_signal: true });
  expect(isAlive(pid)).toBe(false);
});
