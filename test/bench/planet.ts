/**
 * A planet on the real runtime: how long until it is healthy, until a killed region is known to be dead everywhere and is named
 * by no route, until a healed cut is forgotten, until a test message is everywhere; and what it costs to do nothing.
 *   node test/bench/planet.ts [--topology FILE] [--repeat N] [--idle SECONDS] [--quick] [--json]
 */
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { LocalPlanet, type RegistryStatus } from "../planet/local-planet.ts";
import { median, printReport, quantile, span, thisMachine } from "./table.ts";

const { values } = parseArgs({
  options: {
    topology: { type: "string", default: join(import.meta.dirname, "../../infra/topologies/planet.yaml") },
    repeat: { type: "string", default: "5" },
    idle: { type: "string", default: "30" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const REPEAT = values.quick ? 1 : Number(values.repeat);
const IDLE_SECONDS = values.quick ? 5 : Number(values.idle);
/** What a start has to tell is told by then. */
const SETTLED_MS = values.quick ? 5_000 : 60_000;
const PATIENCE_MS = 120_000;
const POLL_MS = 20;
const MESSAGES = 20;
/** A service that the victim's clusters offer, and a client beside it. */
const SERVICE = "checkout";

type Row = readonly (string | number)[];

function row(what: string, samples: readonly number[]): Row {
  return [what, samples.length, span(Math.min(...samples)), span(median(samples)), span(quantile(samples, 0.99))];
}

/** From `since` until the question is answered with yes; each poll follows the answer to the last. */
async function elapsedUntil(what: string, since: number, ask: () => Promise<boolean>): Promise<number> {
  for (;;) {
    if (await ask()) return performance.now() - since;
    if (performance.now() - since > PATIENCE_MS) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await sleep(POLL_MS);
  }
}

interface Hub {
  readonly region: string;
  readonly id: string;
}

function hubsOf(planet: LocalPlanet): Hub[] {
  return planet.state.regions.flatMap(({ region, hubs }) => hubs.map((id) => ({ region, id })));
}

/** Every hub of `hubs`, each through its own region's edge. */
function everyHub(planet: LocalPlanet, hubs: readonly Hub[], holds: (status: RegistryStatus) => boolean) {
  const waiting = new Set(hubs);
  return async (): Promise<boolean> => {
    await Promise.all(
      [...waiting].map(async (hub) => {
        if (holds(await planet.registry(hub.region, hub.id))) waiting.delete(hub);
      }),
    );
    return waiting.size === 0;
  };
}

const allAlive = ({ hubs }: RegistryStatus): boolean => hubs.every((hub) => hub.state === "alive");

async function bringBack(planet: LocalPlanet, region: string, clusters: number): Promise<void> {
  await planet.mpregJson("chaos", "start", region);
  await planet.refresh();
  const whole = (status: RegistryStatus): boolean => allAlive(status) && status.clusters.healthy === clusters;
  await elapsedUntil(`${region} back`, performance.now(), everyHub(planet, hubsOf(planet), whole));
}

interface Death {
  readonly knownMs: number;
  readonly unroutedMs: number;
}

async function kill(planet: LocalPlanet, victim: string): Promise<Death> {
  const { pid, backend_pid, hubs } = planet.region(victim);
  const others = hubsOf(planet).filter((hub) => hub.region !== victim);
  const regions = [...new Set(others.map((hub) => hub.region))];
  const named = async (region: string): Promise<boolean> => {
    const { body } = await planet.call(region, `/api/route?service=${SERVICE}&from=${hubs[0]}&limit=10`);
    const { chosen, alternatives } = body as { chosen: { region: string }; alternatives: { region: string }[] };
    return [chosen, ...alternatives].some((choice) => choice.region === victim);
  };
  const failed = ({ hubs: seen }: RegistryStatus): boolean =>
    seen.filter((hub) => hub.region === victim).every((hub) => hub.state === "failed");
  process.kill(pid, "SIGKILL");
  process.kill(backend_pid, "SIGKILL");
  const since = performance.now();
  const [knownMs, unroutedMs] = await Promise.all([
    elapsedUntil("a death known everywhere", since, everyHub(planet, others, failed)),
    elapsedUntil("routes without the dead", since, async () => !(await Promise.all(regions.map(named))).some(Boolean)),
  ]);
  return { knownMs, unroutedMs };
}

/** All roads of one region cut, so that nobody can go around; then healed. */
async function cutAndHeal(planet: LocalPlanet, island: string): Promise<number> {
  const others = planet.state.regions.map(({ region }) => region).filter((region) => region !== island);
  const change = (kind: "cut" | "heal") =>
    Promise.all(
      others.map((other) => planet.changeRoad(island, other, kind === "cut" ? { kind, reset: false } : { kind })),
    );
  await change("cut");
  const mainland = hubsOf(planet).filter((hub) => hub.region !== island);
  const lost = ({ hubs }: RegistryStatus): boolean =>
    hubs.some((hub) => hub.region === island && hub.state === "failed");
  await elapsedUntil("the island is given up", performance.now(), everyHub(planet, mainland, lost));
  const since = performance.now();
  await change("heal");
  return elapsedUntil("everyone alive again", since, everyHub(planet, hubsOf(planet), allAlive));
}

/** How long a message took to each hub, by the receipts that the origin got. */
async function messageDelays(planet: LocalPlanet, region: string): Promise<number[]> {
  const delays: number[] = [];
  for (let i = 0; i < (values.quick ? 3 : MESSAGES); i++) {
    const path = "/api/gossip/test-message";
    const { body } = await planet.call(region, path, { method: "POST", role: "operator", body: {} });
    const { message_id } = body as { message_id: string };
    let delivered: { after_ms: number }[] = [];
    await elapsedUntil("all receipts", performance.now(), async () => {
      const report = (await planet.call(region, `${path}/${encodeURIComponent(message_id)}`)).body;
      ({ delivered } = report as { delivered: { after_ms: number }[] });
      return (report as { complete: boolean }).complete;
    });
    delays.push(...delivered.map((receipt) => receipt.after_ms));
  }
  return delays;
}

async function idle(planet: LocalPlanet): Promise<{ frames: number; bytes: number }> {
  const regions = planet.state.regions.map(({ region }) => region);
  const read = async (): Promise<[number, number]> => [
    await planet.counter("federation_frames_sent_total", regions),
    await planet.counter("federation_bytes_sent_total", regions),
  ];
  const [frames, bytes] = await read();
  const since = performance.now();
  await sleep(IDLE_SECONDS * 1_000);
  const [moreFrames, moreBytes] = await read();
  const hubSeconds = (hubsOf(planet).length * (performance.now() - since)) / 1_000;
  return { frames: (moreFrames - frames) / hubSeconds, bytes: (moreBytes - bytes) / hubSeconds };
}

async function measure(planet: LocalPlanet): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const starts: number[] = [];
  for (let i = 0; i < (values.quick ? 1 : 3); i++) {
    if (i > 0) await planet.stop();
    const since = performance.now();
    await planet.start();
    starts.push(performance.now() - since);
  }
  const { clusters } = await planet.registry(null);
  const regions = planet.state.regions.map(({ region }) => region);
  // The first region holds the global hub; any other may die.
  const victims = regions.slice(1);
  await sleep(SETTLED_MS);
  const quiet = await idle(planet);
  const delays = await messageDelays(planet, regions[0] ?? "");
  const deaths: Death[] = [];
  const heals: number[] = [];
  for (let i = 0; i < REPEAT; i++) {
    const victim = victims[i % victims.length] ?? "";
    deaths.push(await kill(planet, victim));
    await bringBack(planet, victim, clusters.total);
    heals.push(await cutAndHeal(planet, victim));
  }
  const known = deaths.map((death) => death.knownMs);
  const unrouted = deaths.map((death) => death.unroutedMs);
  const size = `${regions.length} regions, ${hubsOf(planet).length} hubs, ${clusters.total} clusters`;
  printReport(
    {
      title: `A planet of ${size} on the real runtime, all on this machine`,
      machine: thisMachine(),
      columns: ["", "samples", "best", "median", "p99"],
      rows: [
        row("start until all is healthy", starts),
        row("region killed: failed at every other hub", known),
        row("region killed: named by no route", unrouted),
        row("cut healed: everyone alive everywhere", heals),
        row("test message: at a hub", delays),
      ],
      notes: [
        `idle: ${quiet.frames.toFixed(2)} frames and ${quiet.bytes.toFixed(0)} bytes sent per hub and second, ${SETTLED_MS / 1_000} s after the start`,
        `after a kill, routes were clean in ${(median(unrouted) / median(known)).toFixed(2)} of the time that hubs needed to agree`,
        `asking takes its part: every hub is polled in turn, ${POLL_MS} ms after the last answer`,
        `load average ${loadBefore.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`,
      ],
    },
    values.json,
  );
}

const planet = await LocalPlanet.at(resolve(values.topology));
try {
  await measure(planet);
} finally {
  await planet.remove();
}
