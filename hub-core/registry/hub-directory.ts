/**
 * Which hubs there are and how they are. Of a hub in an own group, that group's membership says; of any other, its parent
 * says while the parent lives; when it does not, the latest word of anyone (a stand-in, the sponsor of its region) counts;
 * of whom nobody has spoken, it is taken to be alive.
 */
import type { HubView } from "../common/catalog-view.ts";
import { type HubId, type HubIdentity, type Millis, TIERS } from "../common/types.ts";
import { type HubRecord, type HubStateRecord, isGone, type MemberState } from "../wire/catalog.ts";

interface Known {
  member: { readonly identity: HubIdentity; readonly incarnation: number; readonly state: MemberState } | null;
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
  readonly #changed: (hubId: HubId, now: Millis) => void;

  /** `changed` is told of every change to a view. */
  constructor(self: HubIdentity, incarnation: number, changed: (hubId: HubId, now: Millis) => void) {
    this.#self = self;
    this.#incarnation = incarnation;
    this.#changed = changed;
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

  /** Whether it is in one of this hub's own groups. */
  isMember(id: HubId): boolean {
    return this.#known.get(id)?.member != null;
  }

  /** Those that name this hub as their parent, by record or membership. */
  childrenOf(id: HubId): readonly HubId[] {
    return [...(this.#children.get(id) ?? [])].sort();
  }

  setMember(identity: HubIdentity, incarnation: number, state: MemberState, now: Millis): void {
    this.#at(identity.hubId).member = { identity, incarnation, state };
    this.#review(identity.hubId, now);
  }

  setRecord(id: HubId, record: HubRecord | null, now: Millis): void {
    this.#at(id).record = record;
    this.#review(id, now);
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
      known = { member: null, record: null, words: new Map(), view: null, changedAt: 0 };
      this.#known.set(id, known);
    }
    return known;
  }

  #review(id: HubId, now: Millis): void {
    const known = this.#at(id);
    const before = known.view;
    const after = this.#judge(id, known);
    if (!after && !known.member && !known.record && known.words.size === 0) this.#known.delete(id);
    if (sameView(before, after)) return;
    known.view = after;
    if (before?.state !== after?.state) known.changedAt = now;
    if (before?.parent !== after?.parent) this.#adopt(id, before?.parent ?? null, after?.parent ?? null);
    this.#changed(id, now);
    // Whose word counts of its children has just changed.
    if ((before === null || isGone(before.state)) !== (after === null || isGone(after.state))) {
      for (const child of this.childrenOf(id)) if (this.#leads(id, this.view(child))) this.#review(child, now);
    }
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
    const { member, record } = known;
    const identity = member?.identity ?? (record && identityOf(id, record));
    if (!identity) return null;
    if (id === this.#self.hubId) return { ...identity, state: "alive", incarnation: this.#incarnation, record };
    if (member) return { ...identity, state: member.state, incarnation: member.incarnation, record };
    const word = this.#word(identity, known);
    const incarnation = Math.max(word?.incarnation ?? 0, record?.incarnation ?? 0);
    return { ...identity, state: word?.state ?? "alive", incarnation, record };
  }

  #word(hub: HubIdentity, { words, record }: Known): HubStateRecord | undefined {
    // The hub has been back since.
    const current = ([from, word]: readonly [HubId, HubStateRecord]) =>
      word.incarnation >= (record?.incarnation ?? 0) && from !== hub.hubId;
    if (hub.parent !== null && this.#leads(hub.parent, hub) && !this.isGone(hub.parent)) {
      const word = words.get(hub.parent);
      return word && current([hub.parent, word]) ? word : undefined;
    }
    return [...words].filter(current).sort(latestFirst)[0]?.[1];
  }
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
