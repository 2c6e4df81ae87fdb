/** What the hub says of its groups' consensus: in `/api/status`, and whether that is healthy. */
import type { Millis } from "../common/types.ts";
import type { GroupStatus } from "../consensus/index.ts";
import type { Hub } from "./hub.ts";
import type { HealthCheck } from "./status.ts";
import { type GroupSurvives, survives } from "./survives.ts";

export function consensusOf(hub: Hub, now: Millis): Record<string, GroupStatus & { survives: GroupSurvives }> {
  return Object.fromEntries(
    hub.agreement.all().map((consensus) => {
      const group = hub.groups.find(({ id }) => id === consensus.group);
      const status = consensus.status(now);
      const { threshold } = consensus.raft.state.configuration;
      return [
        consensus.group,
        { ...status, ...(group ? { survives: survives(group, threshold, status.voters) } : {}) },
      ];
    }),
  ) as Record<string, GroupStatus & { survives: GroupSurvives }>;
}

/** Degraded without a leader or without the votes of a commit: reads of what was known go on. */
export function checkConsensus(hub: Hub, now: Millis): HealthCheck {
  if (hub.departure.state === "left") return { status: "unhealthy", details: "left, until it is started again" };
  const groups = hub.agreement.all().map((consensus) => ({ group: consensus.group, ...consensus.status(now) }));
  const notes = groups.map(({ group, role, leader, term, quorum }) => {
    if (role === "none") return `${group}: not formed yet`;
    return `${group}: ${role}, ${leader === null ? "no leader" : `leader ${leader}`}, term ${term}, ${quorum.have} of ${quorum.need} votes`;
  });
  const well = groups.every(
    ({ role, leader, quorum }) => role !== "none" && leader !== null && quorum.have >= quorum.need,
  );
  return { status: well ? "healthy" : "degraded", details: notes.join("; ") };
}
