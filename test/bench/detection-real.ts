/**
 * How long until a death is known everywhere in a group, on the real runtime: hubs as Durable Objects in one process, the one
 * that dies in another, on loopback. Times are the hubs' own: the moment each logs its verdict, less the moment of the kill.
 *   node test/bench/detection-real.ts [--sizes 5,11,21] [--repeat N] [--quick] [--json]
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Federation, parseFederationFile } from "../../hub-core/config/index.ts";
import { type Bundle, bundleWorker } from "../../infra/local/bundle.ts";
import { loadPlatformSettings, type PlatformSettings } from "../../infra/local/platform-settings.ts";
import { portIsFree } from "../../infra/local/ports.ts";
import { workerdConfig } from "../../infra/local/workerd-config.ts";
import { listening, startWorkerd, type WorkerdProcess } from "../../infra/local/workerd-process.ts";
import { median, printReport, quantile, span, thisMachine } from "./table.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "5,11,21" },
    repeat: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const SIZES = values.quick ? [5] : values.sizes.split(",").map(Number);
const REPEAT = values.quick ? 1 : Number(values.repeat);
const GROUP = "lab";
const PARENT = "regional-lab";
const PATIENCE_MS = 120_000;
const POLL_MS = 100;
/** Between one trial and the next, so that no news of the last is under way. */
const REST_MS = 3_000;

type Death = "crash" | "silence";

interface Runtime {
  readonly name: string;
  readonly port: number;
  readonly hubs: readonly string[];
}

interface Lab {
  readonly directory: string;
  readonly bundle: Bundle;
  readonly platform: PlatformSettings;
  readonly federation: Federation;
  readonly keys: Readonly<Record<string, string>>;
}

interface Verdict {
  readonly hub: string;
  readonly to: string;
  readonly at: number;
}

const memberIds = (size: number): string[] => [PARENT, ...Array.from({ length: size - 1 }, (_, i) => `local-${i + 1}`)];

function federationOf(size: number, urlOf: (id: string) => string): Federation {
  const hub = (id: string, tier: string, parent: string | null) => ({
    id,
    region: GROUP,
    hub_tier: tier,
    url: urlOf(id),
    ...(parent === null ? {} : { parent_hub: parent }),
  });
  const [, ...locals] = memberIds(size);
  const parsed = parseFederationFile(
    JSON.stringify({
      federation: { name: "detection", profile: "responsive" },
      regions: [{ id: GROUP, coordinates: { latitude: 50.11, longitude: 8.68 } }],
      hubs: [
        hub("global-lab", "global", null),
        hub(PARENT, "regional", "global-lab"),
        ...locals.map((id) => hub(id, "local", PARENT)),
      ],
      limits: { max_child_hubs: 200 },
    }),
    {},
  );
  if (!parsed.ok) throw new Error(parsed.errors.map((error) => error.message).join("\n"));
  return parsed.value;
}

const logOf = ({ directory }: Lab, { name }: Runtime): string => join(directory, `${name}.log`);

async function launch(lab: Lab, runtime: Runtime): Promise<WorkerdProcess> {
  const storage = `storage-${runtime.name}`;
  await mkdir(join(lab.directory, storage), { recursive: true });
  const config = workerdConfig({
    storageKey: runtime.name,
    bundle: "worker.mjs",
    storageDirectory: storage,
    compatibilityDate: lab.platform.compatibilityDate,
    compatibilityFlags: lab.platform.compatibilityFlags,
    listen: [`127.0.0.1:${runtime.port}`],
    vars: {
      MPREG_REGION: GROUP,
      MPREG_FEDERATION: JSON.stringify(lab.federation),
      MPREG_HUBS: runtime.hubs.join(","),
      MPREG_LOG_LEVEL: "info",
    },
    secrets: Object.keys(lab.keys),
  });
  const configFile = join(lab.directory, `${runtime.name}.capnp`);
  await writeFile(configFile, config);
  const workerd = await startWorkerd(configFile, lab.keys, logOf(lab, runtime));
  await listening("127.0.0.1", runtime.port, workerd, PATIENCE_MS);
  for (const hub of runtime.hubs) {
    const response = await fetch(`http://127.0.0.1:${runtime.port}/hubs/${hub}/health`);
    await response.arrayBuffer();
  }
  return workerd;
}

/** What the witnesses have said of the victim since, each one's last word. */
async function verdicts(lab: Lab, witnesses: Runtime, victim: string, since: number): Promise<Map<string, Verdict>> {
  const last = new Map<string, Verdict>();
  for (const line of (await readFile(logOf(lab, witnesses), "utf8")).split("\n")) {
    if (!line.includes('"member_changed"') || !line.includes(`"hub_id":"${victim}"`)) continue;
    const said = JSON.parse(line) as { at: string; hub: string; group: string; to: string };
    const at = Date.parse(said.at);
    if (said.group === GROUP && at >= since) last.set(said.hub, { hub: said.hub, to: said.to, at });
  }
  return last;
}

/** When each witness came to the verdict. */
async function allSay(lab: Lab, witnesses: Runtime, victim: string, state: string, since: number): Promise<number[]> {
  const wanted = witnesses.hubs.filter((hub) => hub !== "global-lab");
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const said = await verdicts(lab, witnesses, victim, since);
    if (wanted.every((hub) => said.get(hub)?.to === state)) return [...said.values()].map(({ at }) => at - since);
    if (Date.now() > deadline) {
      const missing = wanted.filter((hub) => said.get(hub)?.to !== state);
      throw new Error(`after ${PATIENCE_MS} ms ${victim} is not ${state} for ${missing.join(", ")}`);
    }
    await sleep(POLL_MS);
  }
}

interface Trials {
  readonly first: number[];
  readonly everywhere: number[];
}

async function die(
  lab: Lab,
  [witnesses, victim]: readonly [Runtime, Runtime],
  running: WorkerdProcess,
  death: Death,
): Promise<{ times: number[]; running: WorkerdProcess }> {
  const [id = ""] = victim.hubs;
  const since = Date.now();
  process.kill(running.pid, death === "crash" ? "SIGKILL" : "SIGSTOP");
  const times = await allSay(lab, witnesses, id, "failed", since);
  const back = Date.now();
  if (death === "silence") process.kill(running.pid, "SIGCONT");
  const next = death === "crash" ? await launch(lab, victim) : running;
  await allSay(lab, witnesses, id, "alive", back);
  await sleep(REST_MS);
  return { times, running: next };
}

async function measure(size: number, port: number): Promise<Map<Death, Trials>> {
  const directory = await mkdtemp(join(tmpdir(), "mpreg-detection-"));
  const ids = memberIds(size);
  const victimId = ids.at(-1) ?? "";
  const witnesses: Runtime = { name: "witnesses", port, hubs: ["global-lab", ...ids.slice(0, -1)] };
  const victim: Runtime = { name: "victim", port: port + 1, hubs: [victimId] };
  const urlOf = (id: string): string => `http://127.0.0.1:${id === victimId ? victim.port : witnesses.port}`;
  const [bundle, platform] = await Promise.all([bundleWorker(directory), loadPlatformSettings()]);
  const key = (): string => randomBytes(32).toString("hex");
  const keys = { JWT_SECRET_KEY: key(), MPREG_PEER_KEY: key() };
  const lab: Lab = { directory, bundle, platform, federation: federationOf(size, urlOf), keys };
  const results = new Map<Death, Trials>();
  const began = Date.now();
  const others = await launch(lab, witnesses);
  let running = await launch(lab, victim);
  try {
    await allSay(lab, witnesses, victimId, "alive", began);
    await sleep(REST_MS);
    for (const death of ["crash", "silence"] as const) {
      const trials: Trials = { first: [], everywhere: [] };
      for (let i = 0; i < REPEAT; i++) {
        const trial = await die(lab, [witnesses, victim], running, death);
        running = trial.running;
        trials.first.push(Math.min(...trial.times));
        trials.everywhere.push(Math.max(...trial.times));
      }
      results.set(death, trials);
    }
  } finally {
    await Promise.all([others.kill(), running.kill()]);
    await rm(directory, { recursive: true, force: true });
  }
  return results;
}

async function freePair(): Promise<number> {
  for (let port = 21_000; port < 60_000; port += 2) {
    if ((await portIsFree(port)) && (await portIsFree(port + 1))) return port;
  }
  throw new Error("no two free ports");
}

const rows: (string | number)[][] = [];
const loadBefore = loadavg()[0] ?? 0;
for (const size of SIZES) {
  const results = await measure(size, await freePair());
  // Kept from a run that is ended early.
  process.stderr.write(`${size} hubs: ${JSON.stringify(Object.fromEntries(results))}\n`);
  for (const [death, { first, everywhere }] of results) {
    const ratio = (median(everywhere) / median(first)).toFixed(2);
    rows.push([
      size,
      death,
      everywhere.length,
      span(median(first)),
      span(median(everywhere)),
      span(quantile(everywhere, 0.99)),
      ratio,
    ]);
  }
}
printReport(
  {
    title: "From death to verdict on the real runtime",
    machine: thisMachine(),
    columns: ["hubs", "death", "trials", "first", "everywhere", "everywhere p99", "everywhere / first"],
    rows,
    notes: [
      "hubs of one process share a thread: larger groups (--sizes 50) measure the machine more than the protocol",
      "crash: the process is killed, so its sockets close; silence: it is stopped (SIGSTOP), so they stay open",
      `load average ${loadBefore.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`,
    ],
  },
  values.json,
);
