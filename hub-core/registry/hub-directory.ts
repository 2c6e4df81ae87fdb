/**
 * Which hubs there are and how they are. Of a hub in an own group, that group's membership says; of any other, its group's
 * coordinator says, while that lives; when it does not, the latest word of anyone (the sponsor of its region) counts, and so it
 * does of the coordinator itself; of whom nobody has spoken, it is taken to be alive.
 */
import type { Coordinator, HubView } from "../common/catalog-view.ts";
import { type HubId, type HubIdentity, type Millis, type RegionId, TIERS } from "../common/types.ts";
import { type HubRecord, type HubStateRecord, isGone, type MemberState } from "../wire/catalog.ts";
import { Coordinators } from "./coordinators.ts";

export interface Member {
  readonly identity: HubIdentity;
  readonly incarnation: number;
  readonly state: MemberState;
}

interface Known {
  member: Member | null;
  /** In a group where only a stand-in meets it: counts as long as it is well there. */
  guest: Member | null;
  record: HubRecord | null;
  /** By who says it. */
  readonly words: Map<HubId, HubStateRecord>;
  view: HubView | null;
  /** When the view's state last changed, by this hub's clock. */
  changedAt: Millis;
}

export class HubDirectory {
  readonly #self: HubIdentity;
  readonly #incarnation: number;
  readonly #known = new Map<HubId, Known>();
  readonly #children = new Map<HubId, Set<HubId>>();
  readonly #coordinators = new Coordinators();
  readonly #changed: (hubId: HubId, now: Millis) => void;

  #removed: ReadonlySet<RegionId> = new Set();

  /** `changed` is told of every change to a view. */
  constructor(self: HubIdentity, incarnation: number, changed: (hubId: HubId, now: Millis) => void) {
    this.#self = self;
    this.#incarnation = incarnation;
    this.#changed = changed;
  }

  /** Whatever is said of their hubs, they are gone: the federation has decided. */
  setRemovedRegions(removed: ReadonlySet<RegionId>, now: Millis): void {
    this.#removed = removed;
    for (const id of [...this.#known.keys()]) this.#review(id, now);
  }

  *views(): IterableIterator<HubView> {
    for (const { view } of this.#known.values()) if (view) yield view;
  }

  view(id: HubId): HubView | undefined {
    return this.#known.get(id)?.view ?? undefined;
  }

  changedAt(id: HubId): Millis {
    return this.#known.get(id)?.changedAt ?? 0;
  }

  /** `changedAt`, or what is said: a hub that has just started learns late who died before. */
  stateSince(id: HubId): Millis {
    const known = this.#known.get(id);
    if (!known?.view) return 0;
    const { state, incarnation } = known.view;
    let since = known.changedAt;
    for (const word of known.words.values()) {
      if (word.state === state && word.incarnation === incarnation) since = Math.min(since, word.since);
    }
    return since;
  }

  /** Unknown hubs are gone: nobody vouches for them. */
  isGone(id: HubId): boolean {
    const view = this.view(id);
    return view === undefined || isGone(view.state);
  }

  /** Whether it is in one of this hub's groups. */
  isMember(id: HubId): boolean {
    const known = this.#known.get(id);
    return known?.member != null || (known?.guest != null && !isGone(known.guest.state));
  }

  /** Members that are here, or that this hub meets, by a stand-in's place: as the group finds them, in id order. */
  guests(): readonly Member[] {
    const guests = [...this.#known.values()].flatMap(({ guest }) => guest ?? []);
    return guests.sort((a, b) => (a.identity.hubId < b.identity.hubId ? -1 : 1));
  }

  coordinatorOf(parent: HubId): Coordinator | null {
    const elected = this.#coordinators.newest(parent, (hub) => !this.isGone(hub));
    if (elected) {
      const { term, since, group } = elected.claim;
      return { hubId: elected.hubId, group, term, since };
    }
    return this.isGone(parent) ? null : { hubId: parent, group: null, term: 0, since: null };
  }

  /** Whether another hub than the parent acts for its children. */
  hasStandIn(parent: HubId): boolean {
    const coordinator = this.coordinatorOf(parent);
    return coordinator !== null && coordinator.hubId !== parent;
  }

  /** Those that name this hub as their parent, by record or membership. */
  childrenOf(id: HubId): readonly HubId[] {
    return [...(this.#children.get(id) ?? [])].sort();
  }

  setMember(identity: HubIdentity, incarnation: number, state: MemberState, now: Millis): void {
    this.#at(identity.hubId).member = { identity, incarnation, state };
    this.#review(identity.hubId, now);
  }

  /** Met by a stand-in's place. One that is not well there is judged by what is said of it: it may be well at home. */
  setGuest(identity: HubIdentity, incarnation: number, state: MemberState, now: Millis): void {
    const known = this.#at(identity.hubId);
    const turned = known.guest?.state !== state;
    known.guest = state === "left" ? null : { identity, incarnation, state };
    this.#review(identity.hubId, now);
    // There is something to say of it, even when this hub goes on taking it for well.
    if (turned) this.#changed(identity.hubId, now);
  }

  /** This hub stands in for nobody any more. */
  forgetGuests(now: Millis): void {
    for (const { identity } of this.guests()) {
      this.#at(identity.hubId).guest = null;
      this.#review(identity.hubId, now);
    }
  }

  setRecord(id: HubId, record: HubRecord | null, now: Millis): void {
    this.#at(id).record = record;
    const led = this.#coordinators.set(id, record);
    this.#review(id, now);
    for (const parent of led) this.#reviewChildren(parent, now);
  }

  setWord(from: HubId, about: HubId, word: HubStateRecord | null, now: Millis): void {
    const known = this.#at(about);
    if (word) known.words.set(from, word);
    else known.words.delete(from);
    this.#review(about, now);
  }

  #at(id: HubId): Known {
    let known = this.#known.get(id);
    if (!known) {
      known = { member: null, guest: null, record: null, words: new Map(), view: null, changedAt: 0 };
      this.#known.set(id, known);
    }
    return known;
  }

  #review(id: HubId, now: Millis): void {
    const known = this.#at(id);
    const before = known.view;
    const after = this.#judge(id, known);
    if (!after && !known.member && !known.guest && !known.record && known.words.size === 0) this.#known.delete(id);
    if (sameView(before, after)) return;
    known.view = after;
    if (before?.state !== after?.state) known.changedAt = now;
    if (before?.parent !== after?.parent) this.#adopt(id, before?.parent ?? null, after?.parent ?? null);
    this.#changed(id, now);
    // Whose word counts of its children has just changed.
    if ((before === null || isGone(before.state)) !== (after === null || isGone(after.state))) {
      for (const parent of new Set([id, ...this.#coordinators.claimedBy(id)])) this.#reviewChildren(parent, now);
    }
  }

  #reviewChildren(parent: HubId, now: Millis): void {
    for (const child of this.childrenOf(parent)) if (this.#leads(parent, this.view(child))) this.#review(child, now);
  }

  #adopt(id: HubId, from: HubId | null, to: HubId | null): void {
    if (from !== null) this.#children.get(from)?.delete(id);
    if (to === null) return;
    const children = this.#children.get(to) ?? new Set();
    this.#children.set(to, children.add(id));
  }

  /** A parent is of a higher tier: whatever the records say, words never go round in a circle. */
  #leads(parent: HubId, hub: HubIdentity | undefined): boolean {
    const leader = this.view(parent);
    return leader !== undefined && hub !== undefined && TIERS.indexOf(leader.tier) < TIERS.indexOf(hub.tier);
  }

  #judge(id: HubId, known: Known): HubView | null {
    const { record } = known;
    const member = fitter(known);
    const identity = member?.identity ?? (record && identityOf(id, record));
    if (!identity) return null;
    if (id === this.#self.hubId) return { ...identity, state: "alive", incarnation: this.#incarnation, record };
    if (this.#removed.has(identity.region) && identity.region !== this.#self.region) {
      return { ...identity, state: "left", incarnation: record?.incarnation ?? member?.incarnation ?? 0, record };
    }
    if (member) return { ...identity, state: member.state, incarnation: member.incarnation, record };
    const word = this.#word(identity, known);
    const incarnation = Math.max(word?.incarnation ?? 0, record?.incarnation ?? 0);
    return { ...identity, state: word?.state ?? "alive", incarnation, record };
  }

  #word(hub: HubIdentity, { words, record }: Known): HubStateRecord | undefined {
    const parent = hub.parent !== null && this.#leads(hub.parent, hub) ? hub.parent : null;
    const elected = parent === null ? null : this.#coordinators.newest(parent, () => true);
    const coordinates = elected?.hubId === hub.hubId;
    // The hub has been back since. A parent that was replaced may have lost sight of who replaced it.
    const current = ([from, word]: readonly [HubId, HubStateRecord]) =>
      word.incarnation >= (record?.incarnation ?? 0) && from !== hub.hubId && !(coordinates && from === parent);
    const speaker = coordinates ? null : this.#speaker(parent, elected?.hubId ?? null);
    if (speaker === null) return [...words].filter(current).sort(latestFirst)[0]?.[1];
    const word = words.get(speaker);
    return word && current([speaker, word]) ? word : undefined;
  }

  /** Whose word counts of the parent's children. How the elected one is depends on no other child, so nobody waits for another. */
  #speaker(parent: HubId | null, elected: HubId | null): HubId | null {
    if (parent === null) return null;
    if (elected !== null && !this.isGone(elected)) return elected;
    return this.isGone(parent) ? null : parent;
  }
}

/** Heard well in one group, a hub is well. */
function fitter({ member, guest }: Known): Member | null {
  if (!guest || isGone(guest.state)) return member;
  if (!member) return guest;
  return isGone(member.state) && guest.incarnation >= member.incarnation ? guest : member;
}

const GRAVITY: Readonly<Record<MemberState, number>> = { joining: 0, alive: 1, suspect: 2, failed: 3, left: 4 };

function latestFirst(
  [originA, a]: readonly [HubId, HubStateRecord],
  [originB, b]: readonly [HubId, HubStateRecord],
): number {
  return (
    b.incarnation - a.incarnation ||
    b.since - a.since ||
    GRAVITY[b.state] - GRAVITY[a.state] ||
    (originA > originB ? -1 : 1)
  );
}

function identityOf(hubId: HubId, record: HubRecord): HubIdentity {
  const { tier, region, coordinates, parent, address } = record;
  return { hubId, tier, region, coordinates, parent, address };
}

function sameView(a: HubView | null, b: HubView | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.state === b.state &&
    a.incarnation === b.incarnation &&
    a.record === b.record &&
    a.parent === b.parent &&
    a.address === b.address &&
    a.region === b.region
  );
}
