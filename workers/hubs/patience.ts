/** How long an edge waits for an answer. */
import type { DurationMs } from "../../hub-core/common/types.ts";
import type { Federation } from "../../hub-core/config/index.ts";

/** On the way, and for a hub that is woken. */
const MARGIN_MS: DurationMs = 2_000;
/** A client that gives a proposal longer than this hears of it later. */
const LONGEST_MS: DurationMs = 30_000;
const FORWARDED_MS: DurationMs = 10_000;

type Timeouts = Pick<Federation["settings"]["consensus"], "proposalTimeoutMs">;

/** For what a group must agree on: a hub says within its own time-out how it ended. */
export function agreementWithin({ proposalTimeoutMs }: Timeouts, timeoutMs = proposalTimeoutMs): DurationMs {
  return Math.min(timeoutMs, longest(proposalTimeoutMs)) + MARGIN_MS;
}

/** For what another edge asks its hub. */
export function forwardedWithin(pathname: string, { proposalTimeoutMs }: Timeouts): DurationMs {
  const agreed = /^\/api\/(state|leases|consensus|watch)(\/|$)/.test(pathname);
  return agreed ? longest(proposalTimeoutMs) + 2 * MARGIN_MS : FORWARDED_MS;
}

function longest(proposalTimeoutMs: DurationMs): DurationMs {
  return Math.max(LONGEST_MS, proposalTimeoutMs);
}
