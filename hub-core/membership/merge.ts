/** Every change of a member goes through here: merged by incarnation and rank, noticed, remembered, passed on. */
import type { Outbox } from "../common/outbox.ts";
import { type HubId, type HubIdentity, type Millis, unreachable } from "../common/types.ts";
import type { Leadership, MemberState } from "../wire/catalog.ts";
import type { Evidence, MemberUpdate } from "../wire/membership-messages.ts";
import { MOST_NEEDED } from "./jury.ts";
import { isLive, type Member, supersedes } from "./member.ts";
import { subjectOf } from "./news.ts";
import type { Standing } from "./roster.ts";
import type { Shared } from "./shared.ts";
import { isPlausible } from "./vivaldi.ts";

type UpdateOf<K extends MemberUpdate["kind"]> = Extract<MemberUpdate, { kind: K }>;

export interface MergeHooks {
  /** News about this very hub. */
  readonly aboutSelf: (update: MemberUpdate, via: HubId | null, now: Millis, out: Outbox) => void;
  readonly suspected: (now: Millis) => void;
  /** No longer live, or no longer suspected. */
  readonly settled: (hub: HubId) => void;
}

export class Merge {
  readonly #shared: Shared;
  readonly #hooks: MergeHooks;

  constructor(shared: Shared, hooks: MergeHooks) {
    this.#shared = shared;
    this.#hooks = hooks;
  }

  /** `via` is the peer that told us, null for what this hub found out itself. */
  apply(update: MemberUpdate, via: HubId | null, now: Millis, out: Outbox): void {
    if (subjectOf(update) === this.#shared.selfId) return this.#hooks.aboutSelf(update, via, now, out);
    switch (update.kind) {
      case "alive":
        return this.#alive(update, via, now, out);
      case "suspect":
        return this.#suspect(update, via, now, out);
      case "failed":
        return this.#failed(update, via, now, out);
      case "left":
      case "refused":
        return this.#gone(update, via, now, out);
      default:
        return unreachable(update);
    }
  }

  /** A view of long ago, or of the other side of a partition: its dead are asked to speak up before they are believed dead. */
  applyFromView(update: MemberUpdate, via: HubId, now: Millis, out: Outbox): void {
    const known = this.#shared.roster.get(subjectOf(update));
    if (update.kind === "failed" && known && isLive(known.state)) {
      const { hubId, incarnation } = update;
      this.apply({ kind: "suspect", hubId, incarnation, from: via, evidence: "silence", silentMs: 0 }, via, now, out);
    } else this.apply(update, via, now, out);
  }

  accuse(suspect: HubId, evidence: Evidence, silentSince: Millis, now: Millis, out: Outbox): void {
    const { roster, selfId, isolation } = this.#shared;
    const member = roster.get(suspect);
    if (!member || !isLive(member.state)) return;
    const { incarnation } = member;
    const silentMs = Math.max(0, now - silentSince);
    const credible = isolation.doubting ? "silence" : evidence;
    this.apply(
      { kind: "suspect", hubId: suspect, incarnation, from: selfId, evidence: credible, silentMs },
      null,
      now,
      out,
    );
  }

  /** The suspicion's time is up. */
  fail(suspect: HubId, now: Millis, out: Outbox): void {
    const member = this.#shared.roster.get(suspect);
    if (member?.state !== "suspect") return;
    this.#change(member, { ...standingOf(member), state: "failed" }, now, out);
    this.#announce({ kind: "failed", hubId: suspect, incarnation: member.incarnation }, now, null, now);
  }

  /** A suspicion that this hub alone held is taken back, and nobody need be told. */
  withdraw(suspect: HubId, now: Millis, out: Outbox): void {
    const member = this.#shared.roster.get(suspect);
    if (member?.state === "suspect") this.#change(member, { ...standingOf(member), state: "alive" }, now, out);
  }

  /** Nobody else need hear of it: each finds out for itself. */
  excuse(id: HubId, now: Millis, out: Outbox): void {
    const member = this.#shared.roster.get(id);
    if (member) this.#change(member, { ...standingOf(member), state: "left" }, now, out);
  }

  /**
   * Tombstones past their time. Hubs that must be found again keep theirs, also when they left: forgotten, they would be
   * taken for never reached, and dialled for ever.
   */
  reclaim(before: Millis, now: Millis, out: Outbox): void {
    const { roster, contacts, options } = this.#shared;
    for (const { identity, state, since } of [...roster.all()]) {
      if (isLive(state) || since >= before || contacts.isPinned(identity.hubId)) continue;
      roster.forget(identity.hubId);
      out.persist({ table: "peer", hubId: identity.hubId, value: null });
      out.log("info", "member_forgotten", { group: options.group, hub_id: identity.hubId, age_ms: now - since });
    }
  }

  #alive(update: UpdateOf<"alive">, via: HubId | null, now: Millis, out: Outbox): void {
    const { roster } = this.#shared;
    const { hub, incarnation, instance, joining, coordinate, standsIn } = update;
    const known = roster.get(hub.hubId);
    const state: MemberState = joining ? "joining" : "alive";
    if (known && !supersedes({ incarnation, state }, known)) return this.#learnRole(known, update, via, now, out);
    if (!(known && isLive(known.state)) && this.isFull(hub)) return this.#refuse(known, update, now, out);
    const identity = known && isSameIdentity(known.identity, hub) ? known.identity : hub;
    if (!this.#change(known, { identity, incarnation, instance, state, standsIn }, now, out)) return;
    if (coordinate && isPlausible(coordinate)) roster.locate(hub.hubId, coordinate);
    this.#announce(update, now, via, now);
  }

  /** It came first by way of a hub of the older protocol, which does not pass on in whose place a member is here. */
  #learnRole(known: Member, update: UpdateOf<"alive">, via: HubId | null, now: Millis, out: Outbox): void {
    const { incarnation, standsIn } = update;
    if (!standsIn || incarnation !== known.incarnation || termOf(standsIn) <= termOf(known.standsIn)) return;
    if (this.#change(known, { ...standingOf(known), standsIn }, now, out)) this.#announce(update, now, via, now);
  }

  /** Noted as gone, so that its own news cannot bring it back before it asks again as a higher incarnation. */
  #refuse(
    known: Member | undefined,
    { hub, incarnation, instance }: UpdateOf<"alive">,
    now: Millis,
    out: Outbox,
  ): void {
    const { group, capacity } = this.#shared.options;
    this.#shared.options.metrics.count("membership_joins_refused_total", 1, { group });
    out.log("warn", "join_refused", { group, hub_id: hub.hubId, limit: capacity });
    const standing = { identity: hub, incarnation, instance, state: "left", standsIn: null } as const;
    if (!this.#change(known, standing, now, out)) return;
    this.#announce({ kind: "refused", hubId: hub.hubId, incarnation, limit: capacity }, now, null, now);
  }

  #suspect(update: UpdateOf<"suspect">, via: HubId | null, now: Millis, out: Outbox): void {
    const { roster, options } = this.#shared;
    const { hubId, incarnation, from, evidence } = update;
    const known = roster.get(hubId);
    if (!known || incarnation < known.incarnation || from === hubId) return;
    if (!isLive(known.state) && incarnation === known.incarnation) return;
    const silentSince = now - update.silentMs;
    if (supersedes({ incarnation, state: "suspect" }, known)) {
      this.#change(known, { ...standingOf(known), incarnation, state: "suspect" }, now, out);
    }
    const suspicion = roster.get(hubId)?.suspicion;
    if (!suspicion?.accuse(from, evidence, silentSince, now)) return;
    options.metrics.count("membership_suspicions_total", 1, { group: options.group, evidence });
    const heardOf = evidence === "closed" ? suspicion.closedCount() : suspicion.accusers.length;
    // Lifeguard passes on as many accusers as can matter: everyone has that many from each neighbour.
    if (heardOf <= MOST_NEEDED) this.#announce(update, silentSince, via, now);
    this.#hooks.suspected(now);
  }

  #failed(update: UpdateOf<"failed">, via: HubId | null, now: Millis, out: Outbox): void {
    const { roster, links, options } = this.#shared;
    const { hubId, incarnation } = update;
    const known = roster.get(hubId);
    if (!known || !supersedes({ incarnation, state: "failed" }, known)) return;
    const heardLately = now - known.lastHeardAt < options.config.pauseToleranceMs;
    if (via !== null && links.has(hubId) && heardLately && isLive(known.state)) {
      // We hear it ourselves: one more accuser, and a word to the suspect, is what this is worth.
      return this.#suspect(
        { kind: "suspect", hubId, incarnation, from: via, evidence: "silence", silentMs: 0 },
        via,
        now,
        out,
      );
    }
    this.#change(known, { ...standingOf(known), incarnation, state: "failed" }, now, out);
    this.#announce(update, now, via, now);
  }

  #gone(update: UpdateOf<"left" | "refused">, via: HubId | null, now: Millis, out: Outbox): void {
    const { roster } = this.#shared;
    const { hubId, incarnation } = update;
    const known = roster.get(hubId);
    if (!known || !supersedes({ incarnation, state: "left" }, known)) return;
    this.#change(known, { ...standingOf(known), incarnation, state: "left" }, now, out);
    this.#announce(update, now, via, now);
  }

  /** True when this hub is the parent, or stands in for it, and the places are taken. */
  isFull(candidate: HubIdentity): boolean {
    const { roster, options, leads } = this.#shared;
    if (candidate.parent !== leads.parent) return false;
    let children = 0;
    for (const { identity, state } of roster.all())
      if (identity.parent === leads.parent && isLive(state)) children += 1;
    return children >= options.capacity;
  }

  #change(known: Member | undefined, standing: Standing, now: Millis, out: Outbox): boolean {
    const { roster, options } = this.#shared;
    const { identity, incarnation, state } = standing;
    const from = known?.state ?? null;
    const knewIdentity = known?.identity;
    // A member that restarted unnoticed, behind a socket that outlived it, is in the same state and another run.
    const isNew = known?.incarnation !== incarnation || knewIdentity !== identity;
    if (!roster.put(standing, now)) {
      options.metrics.count("membership_table_full_total", 1, { group: options.group });
      return false;
    }
    this.#remember(identity, knewIdentity, from, state, out);
    if (!isLive(state) || from === "suspect") this.#hooks.settled(identity.hubId);
    if (from !== state || isNew) {
      out.notify({ kind: "member-changed", group: options.group, hub: identity, incarnation, from, to: state });
    }
    if (from === state) return true;
    if (state === "failed") options.metrics.count("membership_failures_total", 1, { group: options.group });
    const level = state === "failed" ? "warn" : "info";
    out.log(level, "member_changed", { group: options.group, hub_id: identity.hubId, from, to: state, incarnation });
    return true;
  }

  /** On disk are those worth dialling after a restart: all but who said goodbye. */
  #remember(
    identity: HubIdentity,
    knewIdentity: HubIdentity | undefined,
    from: MemberState | null,
    state: MemberState,
    out: Outbox,
  ): void {
    const { hubId } = identity;
    if (state === "left") {
      if (from !== "left") out.persist({ table: "peer", hubId, value: null });
    } else if (knewIdentity !== identity || from === "left") out.persist({ table: "peer", hubId, value: identity });
  }

  #announce(update: MemberUpdate, silentSince: Millis, via: HubId | null, now: Millis): void {
    this.#shared.news.announce(update, silentSince, via, now);
  }
}

function standingOf({ identity, incarnation, instance, state, standsIn }: Member): Standing {
  return { identity, incarnation, instance, state, standsIn };
}

function termOf(leadership: Leadership | null): number {
  return leadership?.term ?? Number.NEGATIVE_INFINITY;
}

function isSameIdentity(a: HubIdentity, b: HubIdentity): boolean {
  return (
    a.tier === b.tier &&
    a.region === b.region &&
    a.parent === b.parent &&
    a.address === b.address &&
    a.coordinates.latitude === b.coordinates.latitude &&
    a.coordinates.longitude === b.coordinates.longitude
  );
}
