/** `mpreg start-node`: one hub as its own process, in the foreground. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { formatError, isLoopback, type NodeFile, parseNodeFile } from "../../../hub-core/config/index.ts";
import { readText } from "../../local/files.ts";
import type { Seed } from "../../node/introduction.ts";
import { NodeRunning, PortsTaken, runNode } from "../../node/run-node.ts";
import { CommandError, EXIT, usageError } from "../errors.ts";
import { progress } from "../output.ts";
import { jsonOption, stateDirOption } from "../target.ts";

interface StartNodeOptions {
  readonly config?: string;
  readonly nodeId?: string;
  readonly region?: string;
  readonly hubTier?: string;
  readonly parentHub?: string;
  readonly listenPort?: string;
  readonly logLevel?: string;
  readonly metricsEnabled?: string | boolean;
  readonly seed: string[];
  readonly stateDir: string;
  readonly json?: boolean;
}

export function startNodeCommand(command: Command): Command {
  return command
    .option("--config <file>", "node file; also MPREG_CONFIG_PATH")
    .option("--node-id <id>", "over the file and MPREG_NODE_ID")
    .option("--region <region>", "over the file and MPREG_REGION")
    .option("--hub-tier <tier>", "global, regional or local")
    .option("--parent-hub <id>", "the hub above")
    .option("--listen-port <port>", "over the file")
    .option("--log-level <level>", "debug, info, warn or error")
    .option("--metrics-enabled [true|false]", "serve Prometheus on metrics_port")
    .option(
      "--seed <id=url>",
      "a hub on another machine, or only its URL; may be repeated",
      (value, previous: string[]) => [...previous, value],
      [],
    )
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(startNode);
}

async function startNode(options: StartNodeOptions): Promise<void> {
  const node = await load(options);
  const { hub, ports, settings } = node;
  const say = teller(hub.hubId, options.json ?? false);
  const log = (line: string): void => say("log", { message: line }, line);
  if (settings.security.tlsEnabled) log(tlsElsewhere(node));
  try {
    const running = await runNode({ node, stateDir: resolve(options.stateDir), seeds: options.seed.map(seed), log });
    const { tier, region } = hub;
    const metricsUrl = ports.metrics === null ? null : `http://${node.listenHost}:${ports.metrics}/metrics`;
    say(
      "ready",
      { tier, region, url: running.url, metrics_url: metricsUrl, pid: process.pid },
      `${tier} hub in ${region} at ${running.url}${metricsUrl === null ? "" : `, metrics at ${metricsUrl}`}`,
    );
    let stopping = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        stopping = true;
        void running.stop();
      });
    }
    await running.ended;
    say("stopped", { by_signal: stopping }, "stopped");
    if (!stopping)
      throw new CommandError(
        `the runtime of ${hub.hubId} ended by itself: see ${options.stateDir}/node-state/${hub.hubId}/node.log`,
      );
  } catch (error) {
    if (error instanceof NodeRunning || error instanceof PortsTaken) throw new CommandError(error.message);
    throw error;
  }
}

/** One JSON object a line on stdout, or a line for people on stderr. */
function teller(hubId: string, json: boolean): (event: string, fields: object, line: string) => void {
  return (event, fields, line) => {
    if (!json) return progress(`${hubId}: ${line}`);
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), event, hub_id: hubId, ...fields })}\n`);
  };
}

async function load(options: StartNodeOptions): Promise<NodeFile> {
  const file = options.config ?? process.env.MPREG_CONFIG_PATH;
  if (file === undefined) throw usageError("give --config, or set MPREG_CONFIG_PATH");
  const text = await readText(file);
  const { metricsEnabled } = options;
  const flags = { ...options, metricsEnabled: metricsEnabled === undefined ? undefined : String(metricsEnabled) };
  const parsed = parseNodeFile(text, process.env, flags);
  if (parsed.ok) return parsed.value;
  throw new CommandError(parsed.errors.map((error) => formatError(error, file)).join("\nmpreg: "), EXIT.usage, {
    errors: parsed.errors,
  });
}

/** A node speaks plain HTTP: with tls_enabled something in front must hold the certificate, and reach it on loopback. */
function tlsElsewhere({ listenHost }: NodeFile): string {
  if (!isLoopback(listenHost)) {
    throw usageError(
      `security.tls_enabled with listen_host ${listenHost}: a node speaks plain HTTP. Listen on 127.0.0.1 behind a proxy that holds the certificate, and set network.advertise_url`,
    );
  }
  return "tls_enabled: TLS ends in front of this node, which listens on loopback only";
}

function seed(text: string): Seed {
  const [, hubId = null, url = ""] = /^(?:([A-Za-z0-9._-]+)=)?(https?:\/\/.+)$/.exec(text) ?? [];
  if (!URL.canParse(url)) throw usageError(`--seed ${text}: id=http://host:port, or only the URL`);
  return { hubId, url: url.replace(/\/+$/, "") };
}
