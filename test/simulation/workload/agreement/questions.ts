/** One request to one hub, and its reply in whatever step that comes: none when the hub dies. A hub that lives answers in time. */
import type { Reply } from "../../../../hub-core/common/problem.ts";
import type { DurationMs } from "../../../../hub-core/common/types.ts";
import type { ConsensusRequest } from "../../../../hub-core/consensus/index.ts";
import { Violation } from "../../failure.ts";
import type { SimHub } from "../../sim-hub.ts";
import type { World } from "../../world.ts";

/** Beyond what the hub itself allows a request: for steps that are slow to come. */
const MARGIN_MS: DurationMs = 2_000;

/** `answered` hears null when nobody will answer any more. */
export function ask(
  world: World,
  hub: SimHub,
  request: ConsensusRequest,
  answered: (reply: Reply | null) => void,
): void {
  const { run } = hub;
  const askedAt = world.clock.now;
  let settled = false;
  const { consensus, membership } = hub.config;
  world.clock.after(consensus.proposalTimeoutMs + membership.pauseToleranceMs + MARGIN_MS, () => {
    if (settled) return;
    settled = true;
    const wasWell = hub.run === run && hub.alive && hub.calmSince <= askedAt;
    if (wasWell) throw new Violation("every-request-is-answered", `${hub.id} has not answered ${describe(request)}`);
    world.marks.reach("workload:never-answered");
    answered(null);
  });
  world.ask(hub, request, (reply) => {
    if (settled) return;
    settled = true;
    answered(reply);
  });
}

function describe(request: ConsensusRequest): string {
  return "group" in request ? `${request.kind} of ${request.group}` : request.kind;
}
