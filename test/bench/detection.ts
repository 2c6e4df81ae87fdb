/**
 * How long until a death is known, first and everywhere; how long until a healed partition is whole; and whether anyone healthy was ever failed.
 * In simulation: real hubs, virtual time, 0.25 ms between members, so that the numbers are the protocol's and not the machine's.
 *   node test/bench/detection.ts [--sizes 5,11,21,50,200] [--quick] [--json]
 */
import { parseArgs } from "node:util";
import { awaitQuiet, flatGroup, membersDiffer, realHubs, type SimHub, Trace, World } from "../simulation/index.ts";
import { median, printReport, quantile, span, thisMachine } from "./table.ts";

const {
  values: { sizes, quick, json },
} = parseArgs({
  options: {
    sizes: { type: "string", default: "5,11,21,50,200" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const SIZES = quick ? [5, 11] : sizes.split(",").map(Number);
const LOSSES = [0, 0.05, 0.2];
const POLL_MS = 5;
const PATIENCE_MS = 60_000;
/** Between two looks for healthy members that someone has failed. */
const LOOK_MS = 250;
const PEACE_SECONDS = quick ? 60 : 600;

interface Death {
  readonly firstMs: number;
  readonly everywhereMs: number;
  /** Living members that were failed for somebody at some sample. */
  readonly falselyFailed: number;
}

function trials(size: number): number {
  if (quick) return 3;
  return size <= 21 ? 30 : size <= 50 ? 15 : 4;
}

/** A group that has formed and has been at peace for a while, under the given loss. */
function formed(size: number, seed: number, loss: number): World {
  const world = new World({
    seed,
    topology: flatGroup(size, "responsive"),
    kind: realHubs,
    trace: new Trace({ keep: 50 }),
  });
  for (const hub of world.hubs) world.start(hub);
  awaitQuiet(world, "formation", 300_000, () => membersDiffer(world));
  world.network.paths.frames = { loss, duplication: 0, reordering: 0, reorderMs: 0 };
  world.run(5_000 + world.random("phase").float() * 1_000);
  return world;
}

function die(size: number, seed: number, loss: number, kind: "process" | "silent"): Death {
  const world = formed(size, seed, loss);
  const victim = world.random("victim").pick(world.hubs);
  if (!victim) throw new Error("an empty group");
  const diedAt = world.clock.now;
  world.kill(victim, kind);
  const witnesses = new Set(world.hubs.filter((hub) => hub !== victim));
  const falselyFailed = new Set<SimHub>();
  let firstMs = Number.NaN;
  const look = (): void => {
    for (const observer of world.hubs) {
      if (observer === victim) continue;
      for (const subject of world.hubs)
        if (subject !== victim && world.opinion(observer, subject) === "failed") falselyFailed.add(subject);
    }
  };
  let lookAt = diedAt;
  while (witnesses.size > 0 && world.clock.now - diedAt < PATIENCE_MS) {
    world.run(POLL_MS);
    if (world.clock.now >= lookAt) {
      look();
      lookAt += LOOK_MS;
    }
    for (const hub of witnesses) {
      if (world.opinion(hub, victim) !== "failed") continue;
      if (Number.isNaN(firstMs)) firstMs = world.clock.now - diedAt;
      witnesses.delete(hub);
    }
  }
  const everywhereMs = witnesses.size === 0 ? world.clock.now - diedAt : Number.NaN;
  look();
  return { firstMs, everywhereMs, falselyFailed: falselyFailed.size };
}

function deaths(): void {
  const rows = [];
  for (const kind of ["process", "silent"] as const) {
    for (const loss of LOSSES) {
      for (const size of SIZES) {
        const results = Array.from({ length: trials(size) }, (_, seed) => die(size, seed + 1, loss, kind));
        const everywhere = results.map((death) => death.everywhereMs);
        const aim = kind === "process" ? 1_000 : 4_000;
        rows.push([
          kind === "process" ? "socket close" : "silent",
          `${100 * loss} %`,
          size,
          span(median(results.map((death) => death.firstMs))),
          span(median(everywhere)),
          span(quantile(everywhere, 0.99)),
          `${(quantile(everywhere, 0.99) / aim).toFixed(2)} of ${aim / 1_000} s`,
          results.reduce((sum, death) => sum + death.falselyFailed, 0),
          results.length,
        ]);
      }
    }
  }
  printReport(
    {
      title: "Death of one hub, responsive profile (probe 0.5 s, pauses of 3 s tolerated), simulated",
      machine: thisMachine(),
      columns: ["death", "loss", "hubs", "first p50", "everywhere p50", "p99", "p99 / aim", "false", "trials"],
      rows,
      notes: [
        "first, everywhere: until one, until every living member has it as failed. p99 of fewer than 100 trials is their maximum.",
        "Serf's LAN defaults: 6.6 s at 5, 8.8 s at 50.",
      ],
    },
    json,
  );
}

/** Half from half for a minute; the time from the healing until every view is right. */
function heal(size: number, seed: number): number {
  const world = formed(size, seed, 0);
  const sides = world.hubs.map((_, index) => index % 2);
  const pairs = world.hubs.flatMap((from) =>
    world.hubs.filter((to) => sides[from.index] !== sides[to.index]).map((to) => [from, to] as const),
  );
  for (const [from, to] of pairs) world.network.paths.cut(from, to);
  world.run(60_000);
  for (const [from, to] of pairs) world.network.paths.heal(from, to);
  const healedAt = world.clock.now;
  while (membersDiffer(world) !== null && world.clock.now - healedAt < PATIENCE_MS) world.run(POLL_MS);
  return world.clock.now - healedAt;
}

function partitions(): void {
  const rows = SIZES.map((size) => {
    const times = Array.from({ length: Math.min(10, trials(size)) }, (_, seed) => heal(size, seed + 1));
    return [
      size,
      span(median(times)),
      span(quantile(times, 0.99)),
      (quantile(times, 0.99) / 1_000).toFixed(2),
      times.length,
    ];
  });
  printReport(
    {
      title: "Healing of a partition into halves after one minute, simulated",
      machine: thisMachine(),
      columns: ["hubs", "whole p50", "p99", "p99 / aim of 1 s", "trials"],
      rows,
      notes: ["p99 of fewer than 100 trials is their maximum. serf: 21 to 37 s."],
    },
    json,
  );
}

/** Nobody dies: one hub at a time pauses for just under the tolerance, under loss, for ten minutes. */
function peace(size: number, loss: number): number {
  const world = formed(size, 1, loss);
  const random = world.random("pauses");
  const failures = new Set<string>();
  for (let second = 0; second < PEACE_SECONDS; second++) {
    const hub = random.pick(world.hubs);
    if (second % 10 === 0 && hub) world.freeze(hub, 0.95 * hub.config.membership.pauseToleranceMs);
    world.run(1_000);
    for (const observer of world.hubs)
      for (const subject of world.hubs)
        if (world.opinion(observer, subject) === "failed") failures.add(`${second} ${subject.id}`);
  }
  return failures.size;
}

function falseAlarms(): void {
  const rows = LOSSES.flatMap((loss) =>
    SIZES.filter((size) => size <= 50).map((size) => [`${100 * loss} %`, size, PEACE_SECONDS / 60, peace(size, loss)]),
  );
  printReport(
    {
      title: "False alarms: pauses of 2.85 s, one each 10 s, nobody dies, simulated",
      machine: thisMachine(),
      columns: ["loss", "hubs", "minutes", "healthy hubs failed"],
      rows,
      notes: [],
    },
    json,
  );
}

deaths();
partitions();
falseAlarms();
