/** Rules remove, they never score. Each has a name; the first in this order that removes a candidate is the reason given. */
import type { Millis } from "../common/types.ts";
import type { Candidate, CandidateTable } from "./candidate-table.ts";
import { DEFAULT_NAMESPACE, type RouteQuestion } from "./question.ts";
import { effectiveLoad } from "./score.ts";
import { versionMatcher } from "./version-range.ts";

export type Constraints = Pick<RouteQuestion, "version" | "tags" | "namespace" | "jurisdiction" | "exclude">;

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

type Removes = (candidate: Candidate, now: Millis) => boolean;

/** For one question, which candidates of a table are left, and until when that holds. */
export interface Verdicts {
  /** 0: eligible; else 1 + the index of the rule that removed it. */
  readonly removedBy: Uint8Array;
  readonly eligible: Int32Array;
  readonly validFrom: Millis;
  readonly validUntil: Millis;
}

export function judge(table: CandidateTable, constraints: Constraints, now: Millis): Verdicts {
  const removers = removersFor(table.service, constraints);
  const removedBy = new Uint8Array(table.size);
  const eligible: number[] = [];
  table.candidates.forEach((candidate, i) => {
    const rule = removers.findIndex((removes) => removes(candidate, now));
    removedBy[i] = rule + 1;
    if (rule < 0) eligible.push(i);
  });
  const next = table.boundaries.findIndex((at) => at > now);
  const last = next < 0 ? table.boundaries.length - 1 : next - 1;
  return {
    removedBy,
    eligible: Int32Array.from(eligible),
    validFrom: table.boundaries[last] ?? -Infinity,
    validUntil: next < 0 ? Infinity : (table.boundaries[next] as Millis),
  };
}

/** Verdicts are the same for equal keys. */
export function constraintsKey({ version, tags, namespace, jurisdiction, exclude }: Constraints): string {
  return JSON.stringify([version, [...tags].sort(), namespace, jurisdiction, [...exclude].sort()]);
}

/** In the order of `RULES`. */
function removersFor(service: string, constraints: Constraints): readonly Removes[] {
  const matches = versionMatcher(constraints.version);
  const namespace = constraints.namespace ?? DEFAULT_NAMESPACE;
  const excluded = new Set(constraints.exclude);
  const removers: Readonly<Record<RuleName, Removes>> = {
    service: ({ offered }) => offered.name !== service,
    version: ({ offered }) => !matches(offered.version),
    tags: ({ offered }) => constraints.tags.some((tag) => !offered.tags.includes(tag)),
    namespace: ({ cluster }) => cluster.record.namespace !== namespace,
    // Fails closed: a cluster that declares no jurisdiction is in none.
    jurisdiction: ({ cluster }) =>
      constraints.jurisdiction !== null && cluster.record.jurisdiction !== constraints.jurisdiction,
    health: ({ cluster, offered }) => cluster.record.state === "critical" || !offered.healthy,
    drain: ({ cluster }) => cluster.record.state === "draining",
    maintenance: ({ cluster: { record } }, now) =>
      record.state === "maintenance" ||
      (record.maintenance !== null && now >= record.maintenance.startsAt && now < record.maintenance.endsAt),
    capacity: isFull,
    excluded: ({ cluster }) => excluded.has(cluster.record.clusterId),
  };
  return RULES.map((rule) => removers[rule]);
}

/** Only a stated capacity can be used up. */
function isFull({ cluster, offered }: Candidate): boolean {
  if (offered.capacity === null) return false;
  return offered.capacity === 0 || effectiveLoad(cluster, offered) >= 1;
}
