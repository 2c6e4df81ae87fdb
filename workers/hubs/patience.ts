/** How long an edge waits for an answer. */
import type { DurationMs } from "../../hub-core/common/types.ts";
import type { Federation } from "../../hub-core/config/index.ts";

/** On the way, and for a hub that is woken. */
const MARGIN_MS: DurationMs = 2_000;
const FORWARDED_MS: DurationMs = 10_000;

type Timeouts = Pick<Federation["settings"]["consensus"], "proposalTimeoutMs">;

/** For what a group must agree on: a hub says by then how it ended, or that it does not know. */
export function agreementWithin({ proposalTimeoutMs }: Timeouts, timeoutMs = proposalTimeoutMs): DurationMs {
  return Math.min(timeoutMs, proposalTimeoutMs) + MARGIN_MS;
}

/** For what another edge asks its hub. */
export function forwardedWithin(pathname: string, timeouts: Timeouts): DurationMs {
  const agreed = /^\/api\/(state|leases|consensus|watch)(\/|$)/.test(pathname);
  return agreed ? agreementWithin(timeouts) + MARGIN_MS : FORWARDED_MS;
}
