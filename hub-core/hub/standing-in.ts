/**
 * What follows for a hub from coordinating one of its groups: it says so in its record, counts the group's places, and, in its
 * parent's stead, is a member of the group above, by which its region stays one with the rest. Once another coordinates, it
 * leaves that group as soon as the other is there.
 */

import type { DurationMs, HubIdentity, Millis } from "../common/types.ts";
import { upGroupOf } from "../common/types.ts";
import type { Standing } from "../coordination/index.ts";
import type { Leadership } from "../wire/catalog.ts";
import { ARRIVAL_MS } from "./catch-up.ts";
import type { StepEffects } from "./effects.ts";
import { type Group, type GroupParts, openGroup } from "./group.ts";
import type { Hub } from "./hub.ts";

/** The successor is there well before: it only has to say hello. */
export const HANDOVER_MS: DurationMs = 10_000;

interface Place {
  readonly group: Group;
  leadership: Leadership;
  /** It has compared its views with someone there: what it brings down is the present. */
  inService: boolean;
  /** Null while it is this hub's. */
  leavesAt: Millis | null;
}

export class StandingIn {
  readonly #parts: GroupParts;
  #place: Place | null = null;
  /** Groups coordinated at the last look: a role may lapse by itself. */
  #held = 0;

  constructor(parts: GroupParts) {
    this.#parts = parts;
  }

  /** The group that it is in for its parent. */
  get group(): Group | null {
    return this.#place?.group ?? null;
  }

  /** By what right this hub meets who is in that group, or in none that is known; null where it belongs. */
  rightWith(group: Group | undefined): Leadership | null {
    return this.#place && (group === undefined || group === this.#place.group) ? this.#place.leadership : null;
  }

  /** After every change of who coordinates what. */
  review(hub: Hub, now: Millis, out: StepEffects): void {
    const held = hub.coordination.held(now);
    this.#held = held.length;
    const role = held.find(({ parent }) => parent !== hub.self.hubId);
    const leadership = role && leadershipOf(hub, role);
    if (leadership && leadership.above !== null) this.#enter(hub, leadership, now, out);
    else if (this.#place && this.#place.leavesAt === null) this.#yield(hub, this.#place, now);
    for (const { id, membership } of hub.groups) {
      membership.admitFor(held.find(({ group }) => group === id)?.parent ?? hub.self.hubId);
    }
    this.#say(hub, held, now, out);
  }

  nextDeadline(hub: Hub, now: Millis): Millis {
    const comparedAt = this.#place?.inService === false ? this.#place.group.gossip.comparedAt : null;
    return Math.min(
      hub.coordination.lapsesAt(now),
      this.#place?.leavesAt ?? Number.POSITIVE_INFINITY,
      comparedAt === null ? Number.POSITIVE_INFINITY : comparedAt + ARRIVAL_MS,
    );
  }

  /** Cheap when nothing is due: called in every step. */
  tick(hub: Hub, now: Millis, out: StepEffects): void {
    if (hub.coordination.held(now).length !== this.#held) this.review(hub, now, out);
    const place = this.#place;
    if (!place) return;
    const { comparedAt } = place.group.gossip;
    if (!place.inService && comparedAt !== null && now >= comparedAt + ARRIVAL_MS) {
      place.inService = true;
      this.#say(hub, hub.coordination.held(now), now, out);
    }
    const isOver = place.leavesAt !== null && (now >= place.leavesAt || isReplaced(place, hub));
    if (isOver) this.#leave(hub, place, now, out);
  }

  #enter(hub: Hub, leadership: Leadership, now: Millis, out: StepEffects): void {
    const place = this.#place;
    if (place) {
      const { term } = place.leadership;
      place.leavesAt = null;
      place.leadership = leadership;
      if (leadership.term > term) place.group.membership.standFor(leadership, now, out);
      return;
    }
    const parent = hub.find(leadership.parent);
    const id = parent && upGroupOf(parent);
    if (!id) return;
    // It may have left this group as the present incarnation.
    this.#parts.raiseIncarnation(hub.incarnation + 1);
    const { above } = leadership;
    const members = hub.known().filter((other) => other.hubId === above || other.parent === above);
    const seeds = members.filter((other) => hub.groupFor(other) === undefined);
    const group = openGroup({ id, role: "acting", parent: above }, this.#parts, leadership, seeds);
    this.#place = { group, leadership, inService: false, leavesAt: null };
    hub.setGroups([...hub.groups, group]);
    group.membership.start(seeds, now, out);
    out.log("info", "stands_in", { group: leadership.group, for: leadership.parent, term: leadership.term });
  }

  #yield(hub: Hub, place: Place, now: Millis): void {
    const standing = hub.coordination.standing(place.leadership.group);
    // What it says of itself last still has to go up by it.
    place.leavesAt = now + (standing?.leaderlessSince === null ? HANDOVER_MS : ARRIVAL_MS);
  }

  #leave(hub: Hub, { group, leadership }: Place, now: Millis, out: StepEffects): void {
    this.#place = null;
    group.membership.leave(now, out);
    hub.part(group, out);
    hub.setGroups(hub.groups.filter((other) => other !== group));
    hub.registry.guestsGone(now, out);
    out.log("info", "stands_in_no_more", { group: leadership.group, for: leadership.parent, term: leadership.term });
    this.#say(hub, hub.coordination.held(now), now, out);
  }

  /** In the own record; a stand-in only once it can do what it says. */
  #say(hub: Hub, held: readonly Standing[], now: Millis, out: StepEffects): void {
    const leads = held.flatMap((standing) => leadershipOf(hub, standing) ?? []);
    const standing = (each: Leadership) => each.parent === hub.self.hubId || each.above === null;
    hub.registry.setLeads(
      leads.filter((each) => standing(each) || this.#place?.inService === true),
      now,
      out,
    );
  }
}

/** Undefined while it is not known where the parent stands. */
function leadershipOf(hub: Hub, { group, parent, term, since }: Standing): Leadership | undefined {
  const leader: HubIdentity | undefined = parent === hub.self.hubId ? hub.self : hub.find(parent);
  return leader && { group, parent, above: leader.parent, term, since };
}

/** The parent, or whoever stands in for it now, is in the group. */
function isReplaced({ group, leadership }: Place, hub: Hub): boolean {
  const leader = hub.coordination.standing(leadership.group)?.leader;
  return group.membership
    .members()
    .some(
      ({ identity: { hubId }, state, standsIn }) =>
        hubId === leader &&
        hubId !== hub.self.hubId &&
        state === "alive" &&
        (hubId === leadership.parent || (standsIn !== null && standsIn.term > leadership.term)),
    );
}
