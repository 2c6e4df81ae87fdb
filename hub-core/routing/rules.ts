/**
 * Rules remove, they never score. Each has a name; the first in this order that removes a candidate is the reason given.
 * Those that ask for traits are judged once per distinct traits, those of a candidate's own state when its row is written, so that
 * a decision reads two bytes per candidate.
 */
import { DEFAULT_NAMESPACE, invariant, type Millis } from "../common/types.ts";
import type { Candidate, CandidateTable, Traits } from "./candidate-table.ts";
import type { RouteQuestion } from "./question.ts";
import { effectiveLoad } from "./score.ts";
import { versionRange } from "./version-range.ts";

export type Constraints = Pick<RouteQuestion, "version" | "tags" | "namespace" | "jurisdiction" | "exclude">;

/** `service` is applied by the index: a table holds only those that offer it. */
export const RULES = [
  "service",
  "version",
  "tags",
  "namespace",
  "jurisdiction",
  "health",
  "drain",
  "maintenance",
  "capacity",
  "excluded",
] as const;
export type RuleName = (typeof RULES)[number];

/** 0: eligible; else 1 + the index of the rule that removed it. */
type Verdict = number;
const ELIGIBLE: Verdict = 0;
const MAINTENANCE = verdict("maintenance");
const EXCLUDED = verdict("excluded");

/** For one question, what removes a candidate, and until when that holds. */
export interface Verdicts {
  /** By traits. These rules come first. */
  readonly byTraits: Uint8Array;
  /** By candidate. */
  readonly byState: Uint8Array;
  readonly validFrom: Millis;
  readonly validUntil: Millis;
}

/** Costs no more than there are traits, windows and excluded ids, and a copy of the states when there is one of the latter two. */
export function judge(table: CandidateTable, constraints: Constraints, now: Millis): Verdicts {
  const { traits, windowed, boundaries } = table;
  const next = boundaries.findIndex((at) => at > now);
  const last = next < 0 ? boundaries.length - 1 : next - 1;
  const untouched = windowed.length === 0 && constraints.exclude.length === 0;
  return {
    byTraits: Uint8Array.from(traits, traitsJudge(constraints)),
    byState: untouched ? table.stateRule : statesWith(table, constraints, now),
    validFrom: boundaries[last] ?? -Infinity,
    validUntil: next < 0 ? Infinity : (boundaries[next] as Millis),
  };
}

export function removedBy(table: CandidateTable, { byTraits, byState }: Verdicts, row: number): RuleName | null {
  const rule = (byTraits[table.traitsOf[row] as number] as Verdict) || (byState[row] as Verdict);
  return rule === ELIGIBLE ? null : (RULES[rule - 1] as RuleName);
}

/** Verdicts are the same for equal keys. */
export function constraintsKey({ version, tags, namespace, jurisdiction, exclude }: Constraints): string {
  return JSON.stringify([version, [...tags].sort(), namespace, jurisdiction, [...exclude].sort()]);
}

/** What its own state says of a candidate, whatever is asked. */
export function stateRule({ cluster, offered }: Candidate): Verdict {
  const { state } = cluster.record;
  if (state === "critical" || !offered.healthy) return verdict("health");
  if (state === "draining") return verdict("drain");
  if (state === "maintenance") return MAINTENANCE;
  return isFull(cluster, offered) ? verdict("capacity") : ELIGIBLE;
}

/** Only a stated capacity can be used up. */
function isFull(cluster: Candidate["cluster"], offered: Candidate["offered"]): boolean {
  if (offered.capacity === null) return false;
  return offered.capacity === 0 || effectiveLoad(cluster, offered) >= 1;
}

function traitsJudge(constraints: Constraints): (traits: Traits) => Verdict {
  const { version } = constraints;
  const matches = version === null ? () => true : (versionRange(version) ?? (() => false));
  const namespace = constraints.namespace ?? DEFAULT_NAMESPACE;
  return (traits) => {
    if (!matches(traits.version)) return verdict("version");
    if (constraints.tags.some((tag) => !traits.tags.includes(tag))) return verdict("tags");
    if (traits.namespace !== namespace) return verdict("namespace");
    // Fails closed: a cluster that declares no jurisdiction is in none.
    const elsewhere = constraints.jurisdiction !== null && traits.jurisdiction !== constraints.jurisdiction;
    return elsewhere ? verdict("jurisdiction") : ELIGIBLE;
  };
}

function statesWith(table: CandidateTable, { exclude }: Constraints, now: Millis): Uint8Array {
  const states = table.stateRule.slice();
  for (const row of table.windowed) {
    const { maintenance } = (table.candidates[row] as Candidate).cluster.record;
    invariant(maintenance !== null, "a windowed row has a window");
    const open = now >= maintenance.startsAt && now < maintenance.endsAt;
    const rule = states[row] as Verdict;
    if (open && (rule === ELIGIBLE || rule > MAINTENANCE)) states[row] = MAINTENANCE;
  }
  for (const id of exclude) {
    const row = table.rowOf.get(id);
    if (row !== undefined && states[row] === ELIGIBLE) states[row] = EXCLUDED;
  }
  return states;
}

function verdict(rule: RuleName): Verdict {
  return 1 + RULES.indexOf(rule);
}
