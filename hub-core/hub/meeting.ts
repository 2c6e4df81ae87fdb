/**
 * Where this hub meets which other: the group that the two share, and where each is found. Two hubs meet in one group only: the
 * one that the configuration gives them, else the one that one of them enters in its parent's place.
 */
import type { CatalogView } from "../common/catalog-view.ts";
import type { HubId, HubIdentity } from "../common/types.ts";
import type { Leadership } from "../wire/catalog.ts";
import type { Directory } from "./directory.ts";
import type { Group } from "./group.ts";

export interface MeetingOptions {
  readonly directory: Directory;
  readonly catalog: () => CatalogView;
  /** Of a region that is no part of the federation any more. */
  readonly isRemoved: (hub: HubIdentity) => boolean;
}

export class Meeting {
  /** The one with the parent first; one that this hub is in as a stand-in last. */
  groups: readonly Group[] = [];
  readonly #o: MeetingOptions;
  /** The group of each linked peer. */
  readonly #groupOfLink = new Map<HubId, Group>();

  constructor(options: MeetingOptions) {
    this.#o = options;
  }

  /** The group that this hub shares with `hub`; `standsIn`: the place that it says it takes, else what is known of it. */
  groupFor(hub: HubIdentity, standsIn: Leadership | null = this.#roleOf(hub.hubId)): Group | undefined {
    if (this.#o.isRemoved(hub)) return undefined;
    const own = this.groups.find((group) => isIn(group, hub.hubId, hub.parent));
    if (own || !standsIn || standsIn.parent !== hub.parent || this.#isOutdone(hub.hubId, standsIn)) return own;
    return this.groups.find((group) => isIn(group, standsIn.parent, standsIn.above));
  }

  /** Whether it could be in a group of this hub as a stand-in: its parent is one of the members. */
  mayStandIn(hub: HubIdentity): boolean {
    const { parent, tier } = hub;
    if (tier !== "local" || this.#o.isRemoved(hub)) return false;
    const leader = parent === null ? undefined : this.find(parent);
    // Of a parent that nobody here knows, the child may know better.
    return parent !== null && (leader === undefined || this.groupFor(leader) !== undefined);
  }

  /** Where a hub is: as the groups say, as it was introduced, or as the catalog says. */
  find(id: HubId): HubIdentity | undefined {
    for (const { membership } of this.groups) {
      const member = membership.member(id);
      if (member) return member.identity;
    }
    return this.#o.directory.find(id) ?? this.#o.catalog().hub(id);
  }

  groupOfPeer(peer: HubId): Group | undefined {
    const linked = this.#groupOfLink.get(peer);
    if (linked) return linked;
    const hub = this.find(peer);
    return hub && this.groupFor(hub);
  }

  linked(peer: HubId, group: Group): void {
    this.#groupOfLink.set(peer, group);
  }

  unlinked(peer: HubId): void {
    this.#groupOfLink.delete(peer);
  }

  linkedIn(group: Group): ReadonlySet<HubId> {
    return new Set([...this.#groupOfLink].flatMap(([peer, of]) => (of === group ? [peer] : [])));
  }

  #roleOf(id: HubId): Leadership | null {
    for (const { membership } of this.groups) {
      const member = membership.member(id);
      if (member?.standsIn && member.state !== "left") return member.standsIn;
    }
    return null;
  }

  /** The higher term counts, wherever it was heard of. */
  #isOutdone(id: HubId, { parent, term }: Leadership): boolean {
    const inGroup = this.groups
      .flatMap(({ membership }) => membership.members())
      .some(
        ({ identity, state, standsIn }) =>
          identity.hubId !== id && isPresent(state) && standsIn?.parent === parent && standsIn.term > term,
      );
    const told = this.#o.catalog().coordinatorOf(parent);
    return inGroup || (told !== null && told.hubId !== id && told.term > term);
  }
}

function isIn(group: Group, hub: HubId, parent: HubId | null): boolean {
  return group.parent !== null && (hub === group.parent || parent === group.parent);
}

function isPresent(state: string): boolean {
  return state !== "failed" && state !== "left";
}
