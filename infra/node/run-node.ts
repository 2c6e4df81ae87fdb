/** One hub as its own process: a runtime for the worker, listening on the ports of the node file. */
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Federation, NodeFile } from "../../hub-core/config/index.ts";
import { bundleWorker } from "../local/bundle.ts";
import { makeDirectory, useStateDirectory } from "../local/files.ts";
import { loadPlatformSettings } from "../local/platform-settings.ts";
import { portIsFree } from "../local/ports.ts";
import { loadSecrets } from "../local/secrets.ts";
import { issueToken, type Role } from "../local/tokens.ts";
import { workerdConfig } from "../local/workerd-config.ts";
import { listening, startWorkerd, type WorkerdProcess } from "../local/workerd-process.ts";
import { type Introduction, keepIntroducing, type Seed } from "./introduction.ts";
import { serveMetrics } from "./metrics-port.ts";
import { announce, nodeOf, withdraw } from "./neighbours.ts";

export interface NodeOptions {
  readonly node: NodeFile;
  readonly stateDir: string;
  readonly seeds: readonly Seed[];
  readonly log: (line: string) => void;
}

export interface RunningNode {
  readonly url: string;
  /** Resolves when the runtime has ended, by `stop` or by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export class NodeRunning extends Error {}

const LISTENS_WITHIN_MS = 30_000;
const LEAVES_WITHIN_MS = 2_000;
const STOPS_WITHIN_MS = 3_000;
const TOKEN_MS = 300_000;

export async function runNode({ node, stateDir, seeds, log }: NodeOptions): Promise<RunningNode> {
  const { hub, listenHost, ports, settings } = node;
  const directory = join(stateDir, "nodes");
  const home = join(stateDir, "node-state", hub.hubId);
  await useStateDirectory(stateDir);
  await Promise.all([makeDirectory(directory), makeDirectory(join(home, "storage"))]);
  const other = await nodeOf(directory, hub.hubId);
  if (other)
    throw new NodeRunning(
      `hub ${hub.hubId} runs already (process ${other.pid}, ${other.address}): stop it first, or use another --node-id`,
    );
  await refuseTakenPorts(node);
  const keys = await keysOf(node, stateDir);
  const [bundle, platform] = await Promise.all([bundleWorker(home), loadPlatformSettings()]);
  const configFile = join(home, "workerd.capnp");
  const listen = [ports.listen, ports.gossip, ports.membership, ports.consensus].filter((port) => port !== null);
  const config = workerdConfig({
    storageKey: `mpreg-node-${hub.hubId}`,
    bundle: relative(home, bundle.file),
    storageDirectory: "storage",
    compatibilityDate: platform.compatibilityDate,
    compatibilityFlags: platform.compatibilityFlags,
    listen: [...new Set(listen)].map((port) => `${listenHost}:${port}`),
    vars: {
      MPREG_REGION: hub.region,
      MPREG_FEDERATION: JSON.stringify(federationOf(node)),
      MPREG_HUBS: hub.hubId,
      MPREG_LOG_LEVEL: settings.monitoring.logLevel,
    },
    secrets: ["JWT_SECRET_KEY", "MPREG_PEER_KEY"],
  });
  await writeFile(configFile, config, { mode: 0o600 });
  const logFile = join(home, "node.log");
  const workerd = await startWorkerd(configFile, { JWT_SECRET_KEY: keys.user, MPREG_PEER_KEY: keys.peer }, logFile);
  const url = `http://${listenHost}:${ports.listen}`;
  const tokenFor = (role: Role): Promise<string> =>
    issueToken(keys.user, settings.security, { role, subject: "start-node", expiresInMs: TOKEN_MS });
  let closeMetrics: (() => void) | null = null;
  try {
    await listening(listenHost, ports.listen, workerd, LISTENS_WITHIN_MS);
    if (ports.metrics !== null) {
      const viewerToken = (): Promise<string> => tokenFor("viewer");
      closeMetrics = await serveMetrics({ host: listenHost, port: ports.metrics, upstream: url, viewerToken });
    }
  } catch (error) {
    await workerd.kill();
    throw new Error(`${error instanceof Error ? error.message : String(error)}: see ${logFile}`);
  }
  await announce(directory, hub);
  return running(workerd, { hubId: hub.hubId, url, directory, seeds, tokenFor, log }, () => closeMetrics?.());
}

type RunningOptions = Omit<Introduction, "self" | "signal"> & { readonly hubId: string };

function running(workerd: WorkerdProcess, options: RunningOptions, closed: () => void): RunningNode {
  const { hubId, ...introduction } = options;
  const stopping = new AbortController();
  const introducing = keepIntroducing({ ...introduction, self: hubId, signal: stopping.signal });
  const ended = workerd.exited.then(async () => {
    stopping.abort();
    closed();
    await introducing;
    await withdraw(options.directory, hubId);
  });
  return {
    url: options.url,
    ended,
    async stop() {
      stopping.abort();
      await leave(options);
      await workerd.stop(STOPS_WITHIN_MS);
      await ended;
    },
  };
}

/** The hub says that it goes, so that the others need not find out; if it cannot, they will. */
async function leave({ hubId, url, tokenFor, log }: RunningOptions): Promise<void> {
  try {
    const answer = await fetch(`${url}/hubs/${encodeURIComponent(hubId)}/admin/shutdown`, {
      method: "POST",
      headers: { authorization: `Bearer ${await tokenFor("admin")}` },
      signal: AbortSignal.timeout(LEAVES_WITHIN_MS),
    });
    const { told } = (await answer.json()) as { told?: readonly string[] };
    log(
      answer.ok ? `left; told ${told?.join(", ") || "nobody, as none was linked"}` : `not left: HTTP ${answer.status}`,
    );
  } catch (error) {
    log(`not left: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Just this hub and its region: it meets the others by introduction, and the catalog tells it of the rest. The address is
 * the hub's and not the region's: other hubs of the region are other processes.
 */
function federationOf({ hub, settings }: NodeFile): Federation {
  const { hubId: id, region, tier, parent, coordinates, address } = hub;
  return {
    name: settings.security.issuer,
    regions: [{ id: region, coordinates, locationHint: null, jurisdiction: null, url: null }],
    hubs: [{ id, region, tier, parent, coordinates, url: address }],
    clusters: [],
    latency: [],
    // The key travels by the environment.
    settings: { ...settings, security: { ...settings.security, secretKey: null } },
  };
}

/** Hubs that share the users' key share the peers' key as well, unless that is given: it is derived, one way, from the other. */
async function keysOf({ settings }: NodeFile, stateDir: string): Promise<{ user: string; peer: string }> {
  const shared = settings.security.secretKey ?? process.env.JWT_SECRET_KEY;
  const own = shared ? null : await loadSecrets(resolve(stateDir));
  const user = shared || (own?.userKey ?? "");
  const peer =
    process.env.MPREG_PEER_KEY || (own?.peerKey ?? createHmac("sha256", user).update("mpreg peers").digest("hex"));
  return { user, peer };
}

export class PortsTaken extends Error {}

async function refuseTakenPorts({ ports }: NodeFile): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports) as [string, number | null][]) {
    if (port !== null && !(await portIsFree(port))) taken.push(`${name}_port ${port}`);
  }
  if (taken.length > 0) throw new PortsTaken(`in use by another program: ${taken.join(", ")}`);
}
