/** One seed from beginning to end: start, settle, trouble with the invariants held against everything, heal, converge. */
import { type DurationMs, invariant } from "../../hub-core/common/types.ts";
import { convergenceBound } from "./bounds.ts";
import { Groups } from "./consensus/groups.ts";
import { Agreement } from "./convergence.ts";
import { type Failure, Violation } from "./failure.ts";
import { Theatre } from "./faults/fault.ts";
import { describePlan, drawPlan, unleash } from "./faults/plan.ts";
import { inspect } from "./inspector.ts";
import { allInvariants } from "./invariants/index.ts";
import type { Machine, MachineKind } from "./machine.ts";
import { CLEAN } from "./network/paths.ts";
import type { Topology } from "./topology.ts";
import { Trace } from "./trace.ts";
import { countBallots, restless } from "./unanimity.ts";
import { consult } from "./workload/agreement/consultation.ts";
import { populate } from "./workload/population.ts";
import { writeState } from "./workload/state-writers.ts";
import { World } from "./world.ts";

const POLL_MS: DurationMs = 250;
const STATE_WRITES_PER_MINUTE = 60;

export interface SimulationOptions {
  readonly seed: number;
  readonly topology: Topology;
  readonly minutes: number;
  readonly faults: ReadonlySet<string>;
  /** All the named faults at full strength, rather than a subset drawn by the seed. */
  readonly exactly?: boolean;
  /** Mean time between two strikes; null: drawn by the seed. */
  readonly every?: DurationMs | null;
  readonly clusters?: number;
  /** Of eventual state, all users together. */
  readonly stateWritesPerMinute?: number;
  readonly print?: (line: string) => void;
  /** Told every so often, in virtual time, how far the run is. */
  readonly progress?: (progress: Progress) => void;
}

export interface Progress {
  readonly phase: "formation" | "trouble" | "convergence";
  readonly simulatedMs: DurationMs;
  /** 0…1 of the trouble. */
  readonly fraction: number;
}

export interface Outcome {
  readonly seed: number;
  readonly plan: string;
  readonly failure: Failure | null;
  readonly traceHash: string;
  readonly steps: number;
  readonly framesSent: number;
  readonly bytesSent: number;
  readonly simulatedMs: DurationMs;
  /** From the healing until all agreed; null when it did not come to that. */
  readonly convergedAfterMs: DurationMs | null;
  readonly marks: readonly (readonly [mark: string, count: number])[];
}

export function simulate(options: SimulationOptions, kind: MachineKind<Machine>): Outcome {
  const trace = new Trace(options.print ? { print: options.print } : {});
  const world = new World({ seed: options.seed, topology: options.topology, kind, trace });
  const plan = drawPlan(options.faults, world.random("plan"), options.exactly ?? false, options.every ?? null);
  let convergedAfterMs: DurationMs | null = null;
  const failure = guard(world, () => {
    convergedAfterMs = play(world, options, plan);
  });
  return {
    seed: options.seed,
    plan: describePlan(plan),
    failure,
    traceHash: trace.hash,
    steps: world.runner.steps,
    framesSent: world.network.counts.framesSent,
    bytesSent: world.network.counts.bytesSent,
    simulatedMs: world.elapsed,
    convergedAfterMs,
    marks: world.marks.entries(),
  };
}

function play(world: World, options: SimulationOptions, plan: ReturnType<typeof drawPlan>): DurationMs {
  const groups = new Groups(world);
  inspect(world, allInvariants(groups));
  const bound = settlingTime(world);
  for (const hub of world.hubs) {
    hub.trouble();
    world.clock.after(world.random(`start ${hub.id}`).float() * 2_000, () => {
      world.start(hub);
      hub.relieve(world.clock.now);
    });
  }
  const population = populate(world, options.clusters ?? Math.max(4, world.hubs.length));
  const consultation = consult(world, groups);
  const told = teller(world, options);
  awaitAgreement(world, "formation", bound, () => told("formation", 0));
  const writers = writeState(world, options.stateWritesPerMinute ?? STATE_WRITES_PER_MINUTE);
  const theatre = new Theatre(world, world.random("faults"), (hub) => groups.mayLose(hub));
  unleash(theatre, plan, options.minutes * 60_000);
  const trouble = options.minutes * 60_000;
  for (let done = 0; done < trouble; done += POLL_MS) {
    world.run(Math.min(POLL_MS, trouble - done));
    told("trouble", done / trouble);
  }

  world.note("world", "heals");
  population.rest();
  consultation.rest();
  writers.rest();
  theatre.healAll();
  world.network.paths.frames = CLEAN;
  invariant(theatre.active === 0, "all faults end at the healing");
  const converged = awaitAgreement(world, "convergence", bound, () => told("convergence", 1));
  awaitQuiet(world, "tenants-are-served", bound, () => population.complaint());
  awaitQuiet(world, "groups-come-to-rest", bound, () => restless(world, groups));
  awaitQuiet(world, "groups-serve", bound, () => consultation.complaint());
  awaitQuiet(world, "groups-come-to-rest", bound, () => restless(world, groups));
  countBallots(world, groups);
  consultation.check();
  awaitQuiet(world, "state-is-as-promised", bound, () => writers.complaint());
  return converged;
}

function teller(world: World, { progress }: SimulationOptions): (phase: Progress["phase"], fraction: number) => void {
  return (phase, fraction) => progress?.({ phase, simulatedMs: world.elapsed, fraction });
}

function settlingTime(world: World): DurationMs {
  const largest = world.hubs.length;
  return Math.max(...world.hubs.map((hub) => convergenceBound(hub.config, Math.min(largest, 200))));
}

/** Runs until everyone agrees. @returns how long it took. */
function awaitAgreement(world: World, promise: string, bound: DurationMs, polled: () => void): DurationMs {
  const agreement = new Agreement(world);
  return awaitQuiet(world, promise, bound, () => {
    polled();
    return agreement.open();
  });
}

/** Runs until there is no objection left. @returns how long it took. */
export function awaitQuiet(
  world: World,
  promise: string,
  bound: DurationMs,
  objection: () => string | null,
): DurationMs {
  const start = world.clock.now;
  for (let open = objection(); open !== null; open = objection()) {
    if (world.clock.now - start > bound)
      throw new Violation(promise, `after ${(bound / 1_000).toFixed(0)} s of calm: ${open}`);
    world.run(POLL_MS);
  }
  return world.clock.now - start;
}

/** Whatever breaks while the world runs is the finding of this run: it comes back with what led to it. */
function guard(world: World, run: () => void): Failure | null {
  try {
    run();
    return null;
  } catch (error) {
    const thrown = error instanceof Error ? error : new Error(String(error));
    return {
      seed: world.seed,
      afterMs: world.elapsed,
      invariant: thrown instanceof Violation ? thrown.invariant : "no-throw",
      detail: thrown instanceof Violation ? thrown.message : (thrown.stack ?? thrown.message),
      recent: world.trace.recent(),
    };
  }
}
