/**
 * Rumors: time until every hub has one, at a known delay per hop; redundant deliveries; what is lost when half of all frames
 * are; and what a hub sends in an idle group and in one with changes.
 * In simulation: real hubs, virtual time.
 *   node test/bench/gossip.ts [--quick] [--json]
 */
import {
  awaitQuiet,
  federation,
  flatGroup,
  membersDiffer,
  type Profile,
  populate,
  realHubs,
  type SimHub,
  Trace,
  World,
} from "../simulation/index.ts";
import { median, printReport, quantile, span, thisMachine } from "./table.ts";

const quick = process.argv.includes("--quick");
const json = process.argv.includes("--json");
const HOP_MS = 1;
/** What a young group says to find its shape fades this slowly, by the profile's own intervals. */
const SETTLING_MS = { responsive: 60_000, economy: 2_400_000 } as const;

function grouped(size: number, profile: Profile, seed = 1): World {
  const world = new World({
    seed,
    topology: flatGroup(size, profile),
    kind: realHubs,
    trace: new Trace({ keep: 50 }),
    delay: () => HOP_MS,
  });
  for (const hub of world.hubs) world.start(hub);
  awaitQuiet(world, "formation", 600_000, () => membersDiffer(world));
  world.run(SETTLING_MS[profile]);
  return world;
}

/** Publishes one rumor at `origin`; when each hub had it, from the start of the push. */
function spread(world: World, origin: SimHub, patienceMs: number): number[] {
  const startedAt = world.clock.now;
  const before = ownSeq(world, origin);
  world.ask(origin, { kind: "test-message-start", payload: null }, () => undefined);
  const target = ownSeq(world, origin);
  if (target === before) throw new Error("nothing was published");
  const waiting = new Set(world.hubs.filter((hub) => hub !== origin));
  const times: number[] = [];
  const watch = (hub: SimHub): void => {
    if (!waiting.has(hub) || !world.inspect(hub)?.store.covers(origin.id, target, newestKey(world, origin, target)))
      return;
    waiting.delete(hub);
    times.push(world.clock.now - startedAt);
  };
  world.watchers.push(watch);
  while (waiting.size > 0 && world.clock.now - startedAt < patienceMs) world.run(1);
  world.watchers.splice(world.watchers.indexOf(watch), 1);
  return times;
}

function ownSeq(world: World, origin: SimHub): number {
  const own = world.inspect(origin)?.store.changesSince(origin.id, 0, Number.MAX_SAFE_INTEGER).rumors ?? [];
  return Math.max(0, ...own.map(({ seq }) => seq));
}

function newestKey(world: World, origin: SimHub, seq: number): string {
  return world.inspect(origin)?.store.get(origin.id, seq)?.key ?? "";
}

/** Received and duplicate rumors of all hubs so far. */
function deliveries(world: World): { received: number; duplicates: number } {
  const total = { received: 0, duplicates: 0 };
  for (const { received, duplicates } of world.hubs.map((hub) => world.gossip(hub))) {
    total.received += received;
    total.duplicates += duplicates;
  }
  return total;
}

function pushes(): void {
  const rows = (quick ? [5, 21] : [5, 11, 21, 50, 200]).map((size) => {
    const world = grouped(size, "responsive");
    const random = world.random("origins");
    const rounds = quick ? 10 : 50;
    // An origin's tree takes shape with its first rumor.
    for (const hub of world.hubs) spread(world, hub, 10_000);
    const before = deliveries(world);
    const last: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const times = spread(world, random.pick(world.hubs) as SimHub, 10_000);
      last.push(times.length === size - 1 ? Math.max(...times) : Number.NaN);
      world.run(200);
    }
    const after = deliveries(world);
    const redundant = (after.duplicates - before.duplicates) / (rounds * (size - 1));
    return [size, span(median(last)), span(quantile(last, 0.99)), redundant.toFixed(2), rounds];
  });
  printReport(
    {
      title: `A rumor at every hub, ${HOP_MS} ms per hop, simulated`,
      machine: thisMachine(),
      columns: ["hubs", "last hub p50", "p99", "redundant per delivery", "rumors"],
      rows,
      notes: [
        "p99 of fewer than 100 rumors is the slowest. Aim at 50 hubs on loopback: p50 4 ms, p99 10 ms. serf: 190 to 600 ms.",
      ],
    },
    json,
  );
}

function halfLost(): void {
  const rows = (quick ? [5] : [5, 21, 50]).map((size) => {
    const world = grouped(size, "responsive");
    const random = world.random("origins");
    world.network.paths.frames = { loss: 0.5, duplication: 0, reordering: 0, reorderMs: 0 };
    const rounds = quick ? 10 : 50;
    let missing = 0;
    const last: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const times = spread(world, random.pick(world.hubs) as SimHub, 60_000);
      missing += size - 1 - times.length;
      last.push(Math.max(...times));
    }
    return [size, rounds, missing, span(median(last)), span(quantile(last, 0.99))];
  });
  printReport(
    {
      title: "Half of all frames lost, simulated",
      machine: thisMachine(),
      columns: ["hubs", "rumors", "deliveries missing", "last hub p50", "p99"],
      rows,
      notes: [],
    },
    json,
  );
}

function bytesPerHubSecond(world: World, seconds: number): string {
  const before = world.network.counts.bytesSent;
  world.run(seconds * 1_000);
  return ((world.network.counts.bytesSent - before) / (world.hubs.length * seconds)).toFixed(0);
}

function idle(): void {
  const sizes = quick ? [5, 21] : [5, 11, 21, 50, 200];
  const rows = sizes.map((size) => {
    const [responsive, economy] = (["responsive", "economy"] as const).map((profile) =>
      bytesPerHubSecond(grouped(size, profile), profile === "economy" ? 600 : 120),
    );
    return [size, responsive ?? "-", economy ?? "-"];
  });
  printReport(
    {
      title: "Bytes sent per hub and second in an idle group, WebSocket headers included, simulated",
      machine: thisMachine(),
      columns: ["hubs", "responsive", "economy"],
      rows,
      notes: ["Aims: 300 and 40, flat in size. serf: 350."],
    },
    json,
  );
}

function changing(): void {
  const rows = (quick ? [21] : [21, 51]).map((hubs) => {
    const world = new World({
      seed: 1,
      topology: federation(hubs, "responsive"),
      kind: realHubs,
      trace: new Trace({ keep: 50 }),
    });
    for (const hub of world.hubs) world.start(hub);
    awaitQuiet(world, "formation", 600_000, () => membersDiffer(world));
    const clusters = 10 * hubs;
    const population = populate(world, clusters, { changesPerMinute: clusters / 100, questions: false });
    world.run(60_000);
    const busy = bytesPerHubSecond(world, 120);
    population.rest();
    return [hubs, clusters, busy, bytesPerHubSecond(world, 120)];
  });
  printReport(
    {
      title: "Bytes sent per hub and second in a federation with 1 % of its clusters changing each minute, simulated",
      machine: thisMachine(),
      columns: ["hubs", "clusters", "changing", "at rest"],
      rows,
      notes: ["Heartbeats go on in both; at rest nobody changes state."],
    },
    json,
  );
}

pushes();
halfLost();
idle();
changing();
