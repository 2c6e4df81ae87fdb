/** What the parts of one membership share. `Membership` makes it; each part does one thing with it. */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { Random } from "../common/random.ts";
import type { GroupId, HubId, HubIdentity, Millis } from "../common/types.ts";
import type { MembershipConfig } from "../config/hub-config.ts";
import type { Leadership } from "../wire/catalog.ts";
import { type Coordinate, type Evidence, MAX_PIGGYBACK, type MemberUpdate } from "../wire/membership-messages.ts";
import type { Awareness } from "./awareness.ts";
import type { Contacts } from "./contacts.ts";
import type { Isolation } from "./isolation.ts";
import type { News } from "./news.ts";
import type { PeerLink } from "./peer-link.ts";
import type { Roster } from "./roster.ts";
import type { Vivaldi } from "./vivaldi.ts";

/** As the runner reports it. */
export type DialFailure = "refused" | "timeout" | "unauthorized" | "unreachable";

export interface MembershipOptions {
  readonly group: GroupId;
  readonly self: HubIdentity;
  /** Set when this hub is in the group in its parent's place. */
  readonly standsIn: Leadership | null;
  /** False for hubs that this one meets in another group already: these two leave each other alone here. */
  readonly meets: (hub: HubIdentity) => boolean;
  /** Named by the configuration: looked for as long as this hub runs. */
  readonly seeds: ReadonlySet<HubId>;
  readonly incarnation: number;
  /** Drawn at every start of this hub. */
  readonly instance: number;
  /** Most children; the group's coordinator enforces it. */
  readonly capacity: number;
  readonly config: MembershipConfig;
  readonly maxNeighbours: number;
  /** Stores and answers a new incarnation of this hub, at least the given one. */
  readonly raiseIncarnation: (atLeast: number) => number;
  readonly random: Random;
  readonly metrics: Metrics;
}

export interface Shared {
  readonly options: MembershipOptions;
  readonly selfId: HubId;
  /** Whose children this hub counts: its own, or those of the parent that it stands in for. */
  readonly leads: { parent: HubId };
  readonly roster: Roster;
  readonly links: Map<HubId, PeerLink>;
  readonly contacts: Contacts;
  readonly news: News;
  readonly awareness: Awareness;
  readonly isolation: Isolation;
  readonly vivaldi: Vivaldi;
}

/** Handed to those who find something out about a member, and do not judge it themselves. */
export type Accuse = (suspect: HubId, evidence: Evidence, silentSince: Millis, now: Millis, out: Outbox) => void;

/** What rides on a probe, its answer, or a repair to `peer`: our coordinate when due, and news. */
export function passengers(
  { roster, links, news, vivaldi }: Shared,
  peer: HubId,
  now: Millis,
): { coordinate: Coordinate | null; updates: MemberUpdate[] } {
  const coordinate = links.get(peer)?.coordinateDue(vivaldi.coordinate, now) ?? null;
  const updates = news.piggyback(roster.live, now);
  const aboutPeer = doubtAbout(roster, peer, now);
  if (aboutPeer) updates.splice(MAX_PIGGYBACK - 1, updates.length, aboutPeer);
  return { coordinate, updates };
}

/** What a member must be told so that it can refute it; null when there is nothing to refute. */
function doubtAbout(roster: Roster, id: HubId, now: Millis): MemberUpdate | null {
  const member = roster.get(id);
  if (!member) return null;
  const { incarnation, suspicion, state } = member;
  switch (state) {
    case "suspect": {
      const from = suspicion?.accusers[0];
      if (!suspicion || from === undefined) return null;
      const silentMs = Math.max(0, now - suspicion.silentSince);
      return { kind: "suspect", hubId: id, incarnation, from, evidence: "silence", silentMs };
    }
    case "failed":
      return { kind: "failed", hubId: id, incarnation };
    case "joining":
    case "alive":
    case "left":
      return null;
  }
}

/** Over its own link, when there is one, and something is held against it. */
export function tellDoubt({ links, roster }: Shared, peer: HubId, now: Millis, out: Outbox): void {
  const link = links.get(peer);
  const doubt = doubtAbout(roster, peer, now);
  if (!link || !doubt) return;
  link.toldAt = now;
  out.send(peer, { kind: "news", updates: [doubt] });
}

/** A member as it is told to others. Suspicion is not passed on so: it spreads with its accusers, or not at all. */
export function announcementOf({ roster }: Shared, id: HubId): MemberUpdate | null {
  const member = roster.get(id);
  if (!member) return null;
  const { identity, incarnation, instance, coordinate, state, standsIn } = member;
  switch (state) {
    case "joining":
    case "alive":
    case "suspect":
      return {
        kind: "alive",
        hub: identity,
        incarnation,
        instance,
        joining: state === "joining",
        coordinate,
        standsIn,
      };
    case "failed":
      return { kind: "failed", hubId: id, incarnation };
    case "left":
      return { kind: "left", hubId: id, incarnation };
  }
}
