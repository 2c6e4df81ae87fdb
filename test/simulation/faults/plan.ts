/** The mix of a seed: each draws its own subset of the faults, its own rate, its own network (swarm testing, Groce 2012). */
import type { Random } from "../../../hub-core/common/random.ts";
import type { DurationMs } from "../../../hub-core/common/types.ts";
import type { FrameFaults } from "../network/paths.ts";
import { drain } from "./drain.ts";
import type { Fault, Theatre } from "./fault.ts";
import {
  bridgePartition,
  isolation,
  leaderIsolation,
  leaderRoad,
  oneWayPartition,
  partition,
  slowLinks,
} from "./partitions.ts";
import {
  clockJump,
  coordinatorLoss,
  crash,
  eviction,
  freeze,
  lateTimers,
  oldVersion,
  pause,
  repeatedTimers,
  silentDeath,
  slowHub,
  storageLoss,
} from "./processes.ts";

export const FAULTS: readonly Fault[] = [
  crash,
  silentDeath,
  coordinatorLoss,
  storageLoss,
  eviction,
  pause,
  freeze,
  lateTimers,
  repeatedTimers,
  clockJump,
  oldVersion,
  slowHub,
  partition,
  oneWayPartition,
  bridgePartition,
  isolation,
  leaderIsolation,
  leaderRoad,
  slowLinks,
  drain,
];

/** Faults of single frames, by name, beside those of hubs and paths. */
export const FRAME_FAULTS = ["loss", "duplication", "reordering"] as const;
export type FrameFaultName = (typeof FRAME_FAULTS)[number];

export interface FaultPlan {
  readonly faults: readonly Fault[];
  readonly frames: FrameFaults;
  /** Mean time between two strikes. */
  readonly every: DurationMs;
}

/** Names as on the command line: `all`, `none`, or a list. An unknown one is answered with itself. */
export function parseFaults(list: string): { names: ReadonlySet<string> } | { unknown: string } {
  const known = [...FAULTS.map((fault) => fault.name), ...FRAME_FAULTS];
  if (list === "all") return { names: new Set(known) };
  if (list === "none" || list === "") return { names: new Set() };
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  return unknown === undefined ? { names: new Set(names) } : { unknown };
}

/** `exactly`: all that is named, at full strength, for aimed runs; otherwise a subset is drawn. */
export function drawPlan(
  names: ReadonlySet<string>,
  random: Random,
  exactly: boolean,
  every: DurationMs | null = null,
): FaultPlan {
  const chosen = (name: string): boolean => names.has(name) && (exactly || random.below(2) === 0);
  const upTo = (name: FrameFaultName, most: number): number => (chosen(name) ? random.float() * most : 0);
  return {
    faults: FAULTS.filter(({ name }) => chosen(name)),
    frames: {
      loss: upTo("loss", 0.2),
      duplication: upTo("duplication", 0.05),
      reordering: upTo("reordering", 0.1),
      reorderMs: 5 + random.float() * 100,
    },
    every: every ?? 2_000 + random.float() * 28_000,
  };
}

export function describePlan(plan: FaultPlan): string {
  const { loss, duplication, reordering } = plan.frames;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const kinds = plan.faults.map((fault) => fault.name).join(" ") || "none";
  return `${kinds}; loss ${percent(loss)}, dup ${percent(duplication)}, reorder ${percent(reordering)}; one each ${(plan.every / 1_000).toFixed(0)} s`;
}

/** Strikes at exponential intervals for `span`. */
export function unleash(theatre: Theatre, plan: FaultPlan, span: DurationMs): void {
  const { world, random } = theatre;
  world.network.paths.frames = plan.frames;
  if (plan.faults.length === 0) return;
  const end = world.clock.now + span;
  const next = (): void => {
    const at = world.clock.now - plan.every * Math.log(1 - random.float());
    if (at >= end) return;
    world.clock.at(at, () => {
      const fault = random.pick(plan.faults);
      if (fault?.strike(theatre)) world.marks.reach(`fault:${fault.name}`);
      next();
    });
  };
  next();
}
