/** Whether anyone of the global group is still heard: without, a region goes on with what it knew of the others. */
import type { DurationMs, Millis } from "../common/types.ts";
import type { MembershipConfig } from "../config/hub-config.ts";
import type { Group } from "./group.ts";

/** Each member is heard about once a probe interval; so many in a row are not chance. */
const PROBES_MISSED = 4;
const MARGIN_MS: DurationMs = 1_000;

/** Since when nobody is; null while somebody is, for those outside that group, and where there is nobody to hear. */
export function cutOffSince(
  groups: readonly Pick<Group, "id" | "membership">[],
  { probeIntervalMs }: Pick<MembershipConfig, "probeIntervalMs">,
  now: Millis,
): Millis | null {
  const heardAt = groups.find(({ id }) => id === "global")?.membership.lastHeardAt() ?? null;
  return heardAt !== null && now - heardAt > PROBES_MISSED * probeIntervalMs + MARGIN_MS ? heardAt : null;
}
