/** `mpreg status`: the federation at a glance. */
import type { Command } from "commander";
import { type FederationState, isAlive, readFederationState } from "../../local/federation-state.ts";
import { call, callOk } from "../api.ts";
import { EXIT } from "../errors.ts";
import { print, terminalWidth } from "../output.ts";
import { table, wrapped } from "../table.ts";
import { resolveTarget, type Target, type TargetOptions, withTarget } from "../target.ts";
import { type Agreement, agreementOf, groupTable } from "./status-groups.ts";

interface RegistryStatus {
  readonly hubs: readonly {
    readonly hub_id: string;
    readonly tier: string;
    readonly region: string;
    readonly state: string;
    readonly parent: string | null;
    readonly clusters: number;
    readonly capacity: number;
    readonly load: number;
  }[];
  readonly clusters: { readonly total: number; readonly healthy: number; readonly draining: number };
  readonly services: number;
  /** Absent at a hub of the version before. */
  readonly summaries?: readonly Summary[];
  readonly catalog_version: number;
}

interface Summary {
  readonly region: string;
  readonly hubs: number;
  readonly clusters: number;
  readonly healthy: number;
  readonly services: readonly unknown[];
  readonly updated_at: string;
}

interface RegionLine {
  readonly region: string;
  readonly url: string;
  /** Null: it has ended. */
  readonly pid: number | null;
  readonly backend_pid: number | null;
  readonly process: string;
  readonly health: string;
}

export function statusCommand(command: Command): Command {
  return withTarget(command)
    .option("--hub <id>", "everything one hub says of itself")
    .action(async (options: TargetOptions & { hub?: string }) => {
      const target = await resolveTarget(options, "viewer");
      if (options.hub !== undefined) {
        const one = await callOk<unknown>(target, "GET", `/hubs/${encodeURIComponent(options.hub)}/api/status`);
        print(options.json, one, () => JSON.stringify(one, null, 2));
        return;
      }
      const registry = await callOk<RegistryStatus>(target, "GET", "/api/registry/status");
      const state = options.url === undefined ? await readFederationState(options.stateDir) : null;
      const regions = state ? await regionLines(state) : [];
      const consensus = await agreementOf(target, registry.hubs);
      print(options.json, { ...registry, regions, consensus }, () => summary(registry, regions, consensus, target));
      if (registry.hubs.some((hub) => hub.state !== "alive")) process.exitCode = EXIT.failed;
    });
}

function regionLines(state: FederationState): Promise<RegionLine[]> {
  return Promise.all(
    state.regions.map(async ({ region, url, pid, backend_pid, state: running }) => {
      const line = { region, url, pid: living(pid), backend_pid: living(backend_pid), process: running };
      if (running === "stopped") return { ...line, health: "-" };
      try {
        const { body } = await call({ url, token: null }, "GET", "/health");
        return { ...line, health: (body as { status?: string }).status ?? "?" };
      } catch {
        // A region that does not answer is what this table is for.
        return { ...line, health: "no answer" };
      }
    }),
  );
}

/** The edge says how the hub is that answers for the region: others of it may be gone. */
function healthOf({ region, health }: RegionLine, registry: RegistryStatus): string {
  const total = registry.hubs.filter((hub) => hub.region === region).length;
  const alive = aliveIn(region, registry);
  const told = health === "no answer" || health === "-" || alive === total;
  return told ? health : `${health}, ${alive} of ${total} hubs alive`;
}

/** As the region's own hubs said last: while there are any. */
function healthyOf({ region, healthy, clusters }: Summary, registry: RegistryStatus): string {
  return aliveIn(region, registry) > 0 ? `${healthy}/${clusters}` : "unknown";
}

function aliveIn(region: string, { hubs }: RegistryStatus): number {
  return hubs.filter((hub) => hub.region === region && hub.state === "alive").length;
}

function living(pid: number): number | null {
  return pid > 0 && isAlive(pid) ? pid : null;
}

function summary(
  registry: RegistryStatus,
  regions: readonly RegionLine[],
  consensus: Agreement,
  target: Target,
): string {
  const alive = registry.hubs.filter((hub) => hub.state === "alive").length;
  const { total, healthy, draining } = registry.clusters;
  const told = [
    `${alive}/${registry.hubs.length} hubs alive`,
    `${healthy}/${total} clusters healthy`,
    ...(draining > 0 ? [`${draining} draining`] : []),
    registry.services === 1 ? "1 service" : `${registry.services} services`,
    `catalog ${registry.catalog_version}`,
  ];
  const parts = [wrapped(`${target.url}: ${told.join(", ")}`, terminalWidth(), "  ")];
  if (regions.length > 0) {
    parts.push(
      "",
      table(
        [
          { title: "region", value: (line) => line.region },
          { title: "edge", value: (line) => line.url },
          { title: "process", value: (line) => line.process },
          { title: "health", value: (line) => healthOf(line, registry) },
          { title: "pid", value: (line) => line.pid, align: "right", spare: 1 },
          { title: "clusters' pid", value: (line) => line.backend_pid, align: "right", spare: 2 },
        ],
        regions,
        terminalWidth(),
      ),
    );
  }
  const order = { global: 0, regional: 1, local: 2 } as Readonly<Record<string, number>>;
  const hubs = registry.hubs.toSorted(
    (a, b) =>
      a.region.localeCompare(b.region) ||
      (order[a.tier] ?? 3) - (order[b.tier] ?? 3) ||
      a.hub_id.localeCompare(b.hub_id),
  );
  parts.push(
    "",
    table(
      [
        { title: "hub", value: (hub) => hub.hub_id },
        { title: "tier", value: (hub) => hub.tier, spare: 1 },
        { title: "region", value: (hub) => hub.region },
        { title: "state", value: (hub) => hub.state },
        { title: "parent", value: (hub) => hub.parent, spare: 2 },
        { title: "clusters", value: (hub) => `${hub.clusters}/${hub.capacity}`, align: "right" },
        { title: "load", value: (hub) => `${Math.round(hub.load * 100)}%`, align: "right" },
      ],
      hubs,
      terminalWidth(),
    ),
  );
  const { summaries = [] } = registry;
  if (summaries.length > 0) {
    parts.push(
      "",
      table(
        [
          { title: "region", value: (one) => one.region },
          { title: "hubs alive", value: (one) => `${aliveIn(one.region, registry)}/${one.hubs}`, align: "right" },
          { title: "healthy", value: (one) => healthyOf(one, registry), align: "right" },
          { title: "services", value: (one) => one.services.length, align: "right" },
          { title: "as of", value: (one) => one.updated_at, spare: 1 },
        ],
        summaries,
        terminalWidth(),
      ),
    );
  }
  if (Object.keys(consensus).length > 0) parts.push("", groupTable(consensus, registry.hubs));
  return parts.join("\n");
}
