/** `mpreg start-node` processes that share no directory, unless they are given the same machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMMAND = join(import.meta.dirname, "../../infra/bin/mpreg.js");
const KEY = "a key that both machines were given, 0123456789";

export interface Node {
  readonly process: ChildProcess;
  readonly events: { readonly event: string; readonly hub_id: string; readonly pid?: number }[];
  readonly ended: Promise<number | null>;
}

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

export class NodeProcesses {
  readonly directory: string;
  readonly nodes: Node[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<NodeProcesses> {
    return new NodeProcesses(await mkdtemp(join(tmpdir(), "mpreg-nodes-")));
  }

  /** @returns the path of the node file; `node` is its first section. */
  async file(name: string, node: string, port: number): Promise<string> {
    const path = join(this.directory, `${name}.yaml`);
    await writeFile(path, nodeFile(node, port));
    return path;
  }

  start(machine: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Node {
    const all = [COMMAND, "start-node", "--json", "--state-dir", join(this.directory, machine), ...args];
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
    this.nodes.push(node);
    return node;
  }

  token(role: "viewer" | "operator" | "admin", config: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const args = [COMMAND, "token", "--role", role, "--config", config];
      const child = spawn(process.execPath, args, { env: { ...process.env, JWT_SECRET_KEY: KEY } });
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      child.once("error", reject);
      child.once("close", () => resolve(text.trim()));
    });
  }

  async close(): Promise<void> {
    for (const node of this.nodes) node.process.kill("SIGKILL");
    await rm(this.directory, { recursive: true, force: true });
  }
}
