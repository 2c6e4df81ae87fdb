/** Which machine answers which request, and the few that take more than one machine. */
import type { Outbox } from "../common/outbox.ts";
import { answered, type Reply, refused } from "../common/problem.ts";
import type { HubId, Millis } from "../common/types.ts";
import { type ConsensusRequest, isConsensusRequest } from "../consensus/index.ts";
import { TEST_MESSAGE_TTL_MS } from "../gossip/index.ts";
import { type LatencyObservation, latencyRecords, REPORT_FRESH_MS } from "../routing/index.ts";
import { recordKeys } from "../wire/catalog.ts";
import { configOf } from "./config-view.ts";
import type { Asked } from "./contract.ts";
import { setDraining } from "./draining.ts";
import type { StepEffects } from "./effects.ts";
import { answerState } from "./eventual.ts";
import type { Hub } from "./hub.ts";
import type { HubLocation, Request } from "./requests.ts";
import { healthOf, metricsOf, statusOf } from "./status.ts";

type TestStart = Extract<Request, { kind: "test-message-start" }>;

/** Consensus may take its time; all else answers at once. */
export function answer(hub: Hub, all: readonly Asked[], now: Millis, out: StepEffects): void {
  for (const { id, request } of all) {
    hub.metrics.count("federation_requests_total");
    if (isConsensusRequest(request)) hub.agreement.request(id, request, now, out);
    else out.reply(id, answerNow(hub, request, now, out));
  }
  hub.agreement.requested(now, out);
}

export function answerNow(hub: Hub, request: Exclude<Request, ConsensusRequest>, now: Millis, out: StepEffects): Reply {
  switch (request.kind) {
    case "health":
      return answered(healthOf(hub, now));
    case "status":
      return answered(statusOf(hub, now));
    case "config":
      return answered(configOf(hub));
    case "metrics":
      return answered(metricsOf(hub, now));
    case "locate":
      return locate(hub, request.hubId);
    case "drain":
    case "undrain":
      return setDraining(hub, request.kind === "drain", now, out);
    case "shutdown":
      return hub.departure.begin(hub, now, out);
    case "gossip-stats":
      return answered({ group: Object.fromEntries(hub.groups.map(({ id, gossip }) => [id, gossip.stats()])) });
    case "test-message-start":
      return startTest(hub, request, now, out);
    case "test-message-report":
      return reportTest(hub, request.messageId, now);
    case "latency-report":
      return reportLatency(hub, request.observations, now, out);
    case "route":
      return route(hub, request, now);
    case "paths":
    case "topology":
      return hub.router.request(request, now);
    case "state-eventual-put":
    case "state-eventual-get":
    case "state-eventual-delete":
    case "state-eventual-list":
    case "state-conflicts":
      return answerState(hub, request, now, out);
    default:
      return hub.registry.request(request, now, out);
  }
}

/** With whether this hub knows yet what the others know. */
function route(hub: Hub, request: Extract<Request, { kind: "route" }>, now: Millis): Reply {
  const synced = hub.catchUp.done(hub, now);
  const reply = hub.router.route(request.question, now);
  if (reply.ok) return answered({ ...reply.value, synced });
  const { status, code, detail, extra } = reply.problem;
  return refused(status, code, detail, { ...extra, synced });
}

function locate(hub: Hub, hubId: HubId): Reply<HubLocation> {
  const found = hubId === hub.self.hubId ? hub.self : hub.find(hubId);
  if (!found) return refused(404, "hub_unknown", `${hub.self.hubId} has heard of no hub named ${hubId}`);
  return answered({ hub_id: hubId, region: found.region, address: found.address });
}

function startTest(hub: Hub, { payload, idempotencyKey: key }: TestStart, now: Millis, out: Outbox): Reply {
  const earlier = key === undefined ? undefined : hub.tests.startedWith(key);
  if (earlier) {
    if (earlier.payload === JSON.stringify(payload)) return answered(earlier.started, 202);
    const detail = "This Idempotency-Key came with another message before. Use a new key for a new message.";
    return refused(422, "idempotency_key_reused", detail);
  }
  const expected = reachable(hub);
  const { messageId, record } = hub.tests.start(payload, expected, now, key);
  hub.registry.publish(recordKeys.test(messageId), record, "urgent", now + TEST_MESSAGE_TTL_MS, now, out);
  return answered({ message_id: messageId, expected }, 202);
}

/** Every hub that should get a rumor now, this one included. */
function reachable(hub: Hub): HubId[] {
  const others = [...hub.registry.catalog.hubs()]
    .filter(({ hubId, state }) => hubId !== hub.self.hubId && (state === "alive" || state === "suspect"))
    .map(({ hubId }) => hubId);
  return [...others, hub.self.hubId].sort();
}

function reportTest(hub: Hub, messageId: string, now: Millis): Reply {
  const report = hub.tests.report(messageId, now);
  return report
    ? answered(report)
    : refused(404, "message_unknown", `${hub.self.hubId} started no test message ${messageId}, or has forgotten it`);
}

function reportLatency(hub: Hub, observations: readonly LatencyObservation[], now: Millis, out: Outbox): Reply {
  const report = latencyRecords(observations, hub.registry.catalog, now);
  if (!report.ok) return report;
  const { publications, ignored } = report.value;
  const limits = hub.registry.latencyShortage(publications.map(({ key }) => key));
  if (limits) {
    const detail =
      `This hub keeps ${limits.max_latencies} reported pairs and has ${limits.used}; ${limits.wanted} more do not fit, so ` +
      "nothing was recorded. A pair is forgotten a day after its last report; other hubs keep their own.";
    return refused(429, "too_many_observations", detail, { limits });
  }
  for (const { key, record } of publications) {
    hub.registry.publish(key, record, "bulk", now + REPORT_FRESH_MS, now, out);
  }
  return answered({ accepted: publications.length, ignored, catalog_version: hub.registry.catalog.version }, 202);
}
