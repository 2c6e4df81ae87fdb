/**
 * Who keeps a standing link with whom: k rings over the live members, each hub linked with its neighbours in every ring
 * (Rapid, Suresh 2018 §4.1). All hubs compute the same rings from the same view, so links are wanted from both ends; the
 * union of random rings is an expander; one hub's coming or going moves at most two links per ring.
 * The third ring runs round the planet, so that some links are short. Hubs with unequal budgets share their first rings.
 */
import { hash32 } from "../common/random.ts";
import type { HubId, HubIdentity } from "../common/types.ts";

type Key = readonly (string | number)[];

interface Place {
  readonly key: Key;
  readonly hubId: HubId;
}

const NEAR_RING = 2;

export class Overlay {
  #maxNeighbours = 0;
  #rings: Place[][] = [];
  readonly #members = new Map<HubId, HubIdentity>();
  /** Of the members as they are now. */
  readonly #neighbours = new Map<HubId, readonly HubId[]>();

  constructor(maxNeighbours: number) {
    this.setMaxNeighbours(maxNeighbours);
  }

  setMaxNeighbours(maxNeighbours: number): void {
    this.#maxNeighbours = maxNeighbours;
    this.#neighbours.clear();
    const rings = Math.max(1, Math.floor(maxNeighbours / 2));
    if (rings === this.#rings.length) return;
    this.#rings = Array.from({ length: rings }, (_, index) =>
      [...this.#members.values()]
        .map((hub) => ({ key: keyOf(hub, index), hubId: hub.hubId }))
        .sort((a, b) => (isBefore(a.key, b.key) ? -1 : 1)),
    );
  }

  get size(): number {
    return this.#members.size;
  }

  has(hubId: HubId): boolean {
    return this.#members.has(hubId);
  }

  /** Adds a member, or moves it when its identity changed. */
  put(hub: HubIdentity): void {
    this.delete(hub.hubId);
    this.#members.set(hub.hubId, hub);
    this.#neighbours.clear();
    this.#rings.forEach((ring, index) => {
      const place = { key: keyOf(hub, index), hubId: hub.hubId };
      ring.splice(lowerBound(ring, place.key), 0, place);
    });
  }

  delete(hubId: HubId): void {
    const hub = this.#members.get(hubId);
    if (!hub) return;
    this.#members.delete(hubId);
    this.#neighbours.clear();
    this.#rings.forEach((ring, index) => {
      ring.splice(lowerBound(ring, keyOf(hub, index)), 1);
    });
  }

  /** Next in the first ring; undefined when alone. */
  successorOf(hubId: HubId): HubId | undefined {
    const hub = this.#members.get(hubId);
    const ring = this.#rings[0];
    if (!hub || !ring || ring.length < 2) return undefined;
    return ring[(lowerBound(ring, keyOf(hub, 0)) + 1) % ring.length]?.hubId;
  }

  /** Predecessor and successor in every ring; everyone, in a group small enough. Without repeats, in ring order. */
  neighboursOf(hubId: HubId): readonly HubId[] {
    const cached = this.#neighbours.get(hubId);
    if (cached) return cached;
    const found = this.nearest(hubId, () => true);
    this.#neighbours.set(hubId, found);
    return found;
  }

  /** The nearest on both sides of every ring of those who are `fit`: the neighbours once the unfit ones are gone. */
  nearest(hubId: HubId, isFit: (other: HubId) => boolean): readonly HubId[] {
    const hub = this.#members.get(hubId);
    if (!hub) return [];
    const found = new Set<HubId>();
    if (this.#members.size - 1 <= this.#maxNeighbours) {
      for (const place of this.#rings[0] ?? []) if (place.hubId !== hubId && isFit(place.hubId)) found.add(place.hubId);
      return [...found];
    }
    this.#rings.forEach((ring, index) => {
      const at = lowerBound(ring, keyOf(hub, index));
      for (const step of [ring.length - 1, 1]) {
        let next = (at + step) % ring.length;
        while (next !== at && !isFit(ring[next]?.hubId ?? hubId)) next = (next + step) % ring.length;
        const other = ring[next]?.hubId;
        if (other !== undefined && other !== hubId) found.add(other);
      }
    });
    return [...found];
  }
}

function keyOf(hub: HubIdentity, ring: number): Key {
  if (ring !== NEAR_RING) return [hash32(hub.hubId, ring), hub.hubId];
  const { latitude, longitude } = hub.coordinates;
  return [hub.region, longitude, latitude, hub.hubId];
}

function lowerBound(ring: readonly Place[], key: Key): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const place = ring[middle];
    if (place && isBefore(place.key, key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(a: Key, b: Key): boolean {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? "";
    const right = b[i] ?? "";
    if (left !== right) return left < right;
  }
  return false;
}
