/** All tenants, their health endpoints, and the clients: what users do to a federation, drawn from the seed. */

import type { Check } from "../../../hub-core/common/outbox.ts";
import type { Random } from "../../../hub-core/common/random.ts";
import { type DurationMs, unreachable } from "../../../hub-core/common/types.ts";
import type { CheckOutcome } from "../../../hub-core/hub/contract.ts";
import type { World } from "../world.ts";
import { route, testMessage } from "./requests.ts";
import { beat, change } from "./tenancy.ts";
import { SERVICES, type Tenant, tenant } from "./tenant.ts";

/** Each tenant speaks to its hub about this often. */
const BEAT_MS: DurationMs = 8_000;
/** Mean time between questions of all clients together. */
const QUESTION_MS: DurationMs = 500;

export interface Population {
  /** Nothing changes any more: everyone who is up answers and keeps beating. */
  rest(): void;
  /** What a tenant was promised and does not have, at any hub; null when all is well. */
  complaint(): string | null;
}

export interface PopulationOptions {
  /** Of all tenants together. */
  readonly changesPerMinute: number;
  /** Whether clients ask for routes. */
  readonly questions: boolean;
}

const LIVELY: PopulationOptions = { changesPerMinute: 20, questions: true };

export function populate(world: World, count: number, options: PopulationOptions = LIVELY): Population {
  const random = world.random("workload");
  const tenants = Array.from({ length: count }, (_, index) => settle(world, random, index + 1));
  const byUrl = new Map(tenants.map((each) => [each.healthUrl, each]));
  const state = { resting: false };
  world.answerCheck = (_, check) => answerCheck(byUrl, check, random);
  for (const each of tenants) every(world, random, BEAT_MS, () => beat(world, random, each));
  every(world, random, 60_000 / options.changesPerMinute, () => {
    const chosen = random.pick(tenants);
    if (!state.resting && chosen) change(world, random, chosen);
  });
  if (options.questions) every(world, random, QUESTION_MS, () => question(world, random));
  return {
    rest: () => {
      state.resting = true;
      for (const each of tenants) each.vitality = "answers";
    },
    complaint: () => complaint(world, tenants),
  };
}

function settle(world: World, random: Random, number: number): Tenant {
  const near = random.pick(world.hubs)?.identity;
  if (!near) throw new Error("a world without hubs");
  const coordinates = {
    latitude: near.coordinates.latitude + random.float(),
    longitude: near.coordinates.longitude + random.float(),
  };
  return tenant(number, near.region, coordinates);
}

/** At `period`, give or take a quarter, for ever. */
function every(world: World, random: Random, period: DurationMs, act: () => void): void {
  const again = (): void => {
    world.clock.after(random.jitter(period, 0.25), () => {
      act();
      again();
    });
  };
  again();
}

function question(world: World, random: Random): void {
  const hub = random.pick(world.hubs.filter(({ alive }) => alive));
  const service = random.pick(SERVICES);
  const from = random.pick(world.hubs)?.identity.coordinates;
  if (!hub || !service || !from) return;
  if (random.below(20) === 0) world.ask(hub, testMessage(), () => world.marks.reach("workload:test-message"));
  else
    world.ask(hub, route(service, from), (reply) =>
      world.marks.reach(reply.ok ? "workload:routed" : `workload:route-${reply.problem.code}`),
    );
}

function answerCheck(
  byUrl: ReadonlyMap<string, Tenant>,
  check: Check,
  random: Random,
): { after: DurationMs; outcome: CheckOutcome } {
  const asked = byUrl.get(check.url);
  const vitality = asked?.vitality ?? "refuses";
  const latencyMs = random.jitter(asked?.rttMs ?? 1, 0.05);
  switch (vitality) {
    case "answers":
      return { after: latencyMs, outcome: { kind: "answered", status: 200, latencyMs } };
    case "errors":
      return { after: latencyMs, outcome: { kind: "answered", status: 503, latencyMs } };
    case "refuses":
      return { after: latencyMs, outcome: { kind: "refused" } };
    case "hangs":
      return { after: check.timeoutMs, outcome: { kind: "timeout" } };
    default:
      return unreachable(vitality);
  }
}

/** What tenants were promised and do not have, as seen from every hub; null when all is well. */
function complaint(world: World, tenants: readonly Tenant[]): string | null {
  // Promises survive crashes, but not the loss of the storage of the hub that gave them.
  const storageWasLost = world.hubs.some((hub) => hub.storage.epoch > 0);
  // The latest word is that of the latest clock, and a hub of the version before passes no such times on.
  const wordsLast = world.marks.count("fault:clock-jump") + world.marks.count("fault:old-version") === 0;
  for (const hub of world.hubs) {
    const catalog = world.inspect(hub)?.catalog;
    if (!catalog) return `${hub.id} is down`;
    for (const each of tenants) {
      const here = catalog.cluster(each.clusterId);
      if (each.removed && here && !each.doubtful && !storageWasLost)
        return `${each.clusterId} was removed, and stands at ${hub.id}`;
      if (each.wants === "gone") continue;
      if (each.hub === null) return `${each.clusterId} lives, and could not register`;
      if (!here) return `${each.clusterId} is registered at ${each.hub}, and unknown at ${hub.id}`;
      const recalls = each.draining === null || each.draining === here.record.draining;
      if (!recalls && wordsLast && !each.doubtful && !storageWasLost)
        return `${each.clusterId} was ${each.draining ? "" : "un"}drained, which ${hub.id} does not know`;
      if (!here.vouched) return `nobody vouches for ${each.clusterId} at ${hub.id}`;
      if (here.record.state === "critical")
        return `${each.clusterId} lives, and is critical at ${hub.id}: ${here.record.reason}`;
    }
  }
  return null;
}
