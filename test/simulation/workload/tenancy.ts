/** What one tenant does: registers, says that it is there, falls ill, drains, leaves, comes back. */
import type { Random } from "../../../hub-core/common/random.ts";
import type { Request } from "../../../hub-core/hub/requests.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";
import { type Answer, converse } from "./conversation.ts";
import { drain, heartbeat, register, remove, undrain } from "./requests.ts";
import type { Tenant, Vitality } from "./tenant.ts";

/** Registers when it must; else says that it is there. */
export function beat(world: World, random: Random, each: Tenant): void {
  const contact = contactOf(world, random, each);
  if (!contact || each.busy) return;
  if (each.wants === "gone") {
    if (!each.removed) leave(world, contact, each);
  } else if (each.hub === null) {
    join(world, contact, each);
  } else {
    talk(
      world,
      contact,
      each,
      (redirects) => heartbeat(each, redirects),
      ({ hub, reply }) => {
        // A federation that does not know it is asked again at the next beat, with everything it must know.
        if (reply) each.hub = reply.ok ? hub : null;
      },
    );
  }
}

/** One change of heart or health. */
export function change(world: World, random: Random, each: Tenant): void {
  const contact = contactOf(world, random, each);
  switch (random.below(6)) {
    case 0:
      each.vitality = random.pick<Vitality>(["refuses", "hangs", "errors"]) ?? "refuses";
      return;
    case 1:
    case 2:
      each.vitality = "answers";
      return;
    case 3:
      each.load = random.float();
      return;
    case 4:
      each.wants = each.wants === "up" ? "gone" : "up";
      return;
    default:
      if (contact && each.hub !== null) drainFor(world, random, contact, each);
  }
}

function join(world: World, contact: SimHub, each: Tenant): void {
  talk(
    world,
    contact,
    each,
    (redirects) => register(each, redirects),
    ({ hub, reply }) => {
      if (!reply?.ok) {
        if (reply) world.marks.reach(`workload:register-${reply.problem.code}`);
        return;
      }
      world.marks.reach("workload:registered");
      each.hub = hub;
      each.removed = false;
      // A hub that had not heard of it cannot know that it drains.
      each.draining = null;
    },
  );
}

function leave(world: World, contact: SimHub, each: Tenant): void {
  talk(
    world,
    contact,
    each,
    (redirects) => remove(each, redirects),
    ({ reply }) => {
      const unknown = reply && !reply.ok && reply.problem.code === "cluster_unknown";
      if (!reply?.ok && !unknown) return;
      world.marks.reach(unknown ? "workload:nothing-to-remove" : "workload:removed");
      each.removed = true;
      each.hub = null;
      // A hub that had not heard of it could not remove it for good.
      if (unknown) each.doubtful = true;
    },
  );
}

function drainFor(world: World, random: Random, contact: SimHub, each: Tenant): void {
  if (each.busy) return;
  setDraining(world, contact, each, true);
  world.clock.after(10_000 + random.float() * 20_000, () => {
    const later = contactOf(world, random, each);
    if (later && each.hub !== null && !each.busy) setDraining(world, later, each, false);
  });
}

function setDraining(world: World, contact: SimHub, each: Tenant, draining: boolean): void {
  const before = each.draining;
  each.draining = null;
  talk(
    world,
    contact,
    each,
    (redirects) => (draining ? drain : undrain)(each, redirects),
    ({ reply }) => {
      if (reply) each.draining = reply.ok ? draining : before;
      if (reply?.ok) world.marks.reach(draining ? "workload:drained" : "workload:undrained");
    },
  );
}

/** One question of a tenant at a time, for they are about each other. */
function talk(
  world: World,
  contact: SimHub,
  each: Tenant,
  request: (redirects: number) => Request,
  finished: (answer: Answer) => void,
): void {
  each.busy = true;
  converse(world, contact, request, (answer) => {
    each.busy = false;
    if (answer.reply === null) each.doubtful = true;
    finished(answer);
  });
}

/** The hub it last dealt with while that lives, else one of its region, else any. */
function contactOf(world: World, random: Random, each: Tenant): SimHub | undefined {
  const last = each.hub === null ? undefined : world.hub(each.hub);
  if (last?.alive) return last;
  const living = world.hubs.filter((hub) => hub.alive);
  const near = living.filter((hub) => hub.identity.region === each.region);
  return random.pick(near.length > 0 ? near : living);
}
