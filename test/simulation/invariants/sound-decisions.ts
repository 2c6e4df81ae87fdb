/**
 * A decision names only clusters that stand, eligible, in the view it was made from, and leads over a path without a loop.
 * Judged by a second, plain reading of the rules.
 */

import type { ClusterView } from "../../../hub-core/common/catalog-view.ts";
import type { Effect } from "../../../hub-core/hub/contract.ts";
import type { Request } from "../../../hub-core/hub/requests.ts";
import { Violation } from "../failure.ts";
import type { Insight } from "../machine.ts";
import type { Invariant } from "./invariant.ts";

type Route = Extract<Request, { kind: "route" }>;
type ReplyEffect = Extract<Effect, { kind: "reply" }>;

interface Answer {
  readonly chosen: { readonly cluster_id: string };
  readonly alternatives: readonly { readonly cluster_id: string }[];
  readonly path: readonly string[];
  readonly catalog_version: number;
}

export function soundDecisions(): Invariant {
  return {
    name: "sound-decisions",
    afterStep: ({ hub, event, effects }, world) => {
      const request = event.kind === "requests" ? event.asked[0]?.request : undefined;
      if (request?.kind !== "route") return;
      const reply = effects.find((effect): effect is ReplyEffect => effect.kind === "reply");
      const insight = world.inspect(hub);
      if (!reply?.reply.ok || !insight) return;
      const answer = reply.reply.value as Answer;
      // The promise is about the view it was made from. A timer that was overdue may change that view later in the same step.
      const same = answer.catalog_version === insight.catalog.version;
      world.marks.reach(same ? "decision:judged" : "decision:view-moved-on");
      judgePath(answer);
      if (same) judge(request, answer, insight, world.hubNow(hub));
    },
  };
}

function judge(request: Route, answer: Answer, insight: Insight, now: number): void {
  for (const { cluster_id } of [answer.chosen, ...answer.alternatives]) {
    const cluster = insight.catalog.cluster(cluster_id);
    const fault = cluster ? whyNot(request, cluster, now) : "removed";
    if (fault)
      throw new Violation(
        "decision-eligible",
        `${cluster_id} was chosen for ${request.question.service}, but it is ${fault}`,
      );
  }
}

function judgePath({ path }: Answer): void {
  if (new Set(path).size !== path.length)
    throw new Violation("no-routing-loop", `the path ${path.join(" > ")} visits a hub twice`);
}

function whyNot({ question }: Route, { record }: ClusterView, now: number): string | null {
  const offered = record.services.find(({ name }) => name === question.service);
  if (!offered) return "not offering it";
  if (!offered.healthy) return "unhealthy in that service";
  if (record.state === "critical" || record.state === "draining" || record.state === "maintenance") return record.state;
  if (record.maintenance && record.maintenance.startsAt <= now && now < record.maintenance.endsAt)
    return "in maintenance";
  return null;
}
