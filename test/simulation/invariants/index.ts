/** All invariants, in the order they are checked. */
import type { Groups } from "../consensus/groups.ts";
import { consensusCommits } from "./consensus-commits.ts";
import { consensusLeaders } from "./consensus-leaders.ts";
import { consensusSupport } from "./consensus-support.ts";
import { deadIsDetected } from "./dead-is-detected.ts";
import { healthyNeverFailed } from "./healthy-never-failed.ts";
import { incarnationGrows } from "./incarnation-grows.ts";
import type { Invariant } from "./invariant.ts";
import { noAging } from "./no-aging.ts";
import { noFalseAlarm } from "./no-false-alarm.ts";
import { noRegression } from "./no-regression.ts";
import { noResurrection } from "./no-resurrection.ts";
import { oneCoordinator } from "./one-coordinator.ts";
import { regionStaysJoined } from "./region-stays-joined.ts";
import { sequenceUnique } from "./sequence-unique.ts";
import { soundDecisions } from "./sound-decisions.ts";
import { clockStaysNear, noReturn } from "./state.ts";
import { withinLimits } from "./within-limits.ts";

export type { Invariant } from "./invariant.ts";

/** Fresh ones for each run: they remember. */
export function allInvariants(groups: Groups): Invariant[] {
  return [
    withinLimits(),
    soundDecisions(),
    incarnationGrows(),
    sequenceUnique(),
    healthyNeverFailed(),
    noFalseAlarm(),
    deadIsDetected(),
    noAging(),
    noRegression(),
    noResurrection(),
    noReturn(),
    clockStaysNear(),
    oneCoordinator(),
    regionStaysJoined(),
    // It keeps the record that the next one reads.
    consensusCommits(groups),
    consensusLeaders(groups),
    consensusSupport(),
  ];
}
