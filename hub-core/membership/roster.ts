/** The table of members, and what is derived from it: the overlay, the counts, the digest. Bounded. */
import { hash32 } from "../common/random.ts";
import type { HubId, HubIdentity, Millis } from "../common/types.ts";
import type { Leadership, MemberState } from "../wire/catalog.ts";
import type { Coordinate } from "../wire/membership-messages.ts";
import { isLive, type Member } from "./member.ts";
import { Overlay } from "./overlay.ts";
import { Suspicion } from "./suspicion.ts";

/** Twice the largest group: the living, and as many that are remembered. */
export const MAX_MEMBERS = 512;

export interface Standing {
  readonly identity: HubIdentity;
  readonly incarnation: number;
  readonly instance: number;
  readonly state: MemberState;
  readonly standsIn: Leadership | null;
}

type Row = { -readonly [K in keyof Member]: Member[K] };

export class Roster {
  readonly overlay: Overlay;
  readonly #rows = new Map<HubId, Row>();
  readonly #counts: Record<MemberState, number> = { joining: 0, alive: 0, suspect: 0, failed: 0, left: 0 };
  readonly #suspects = new Set<HubId>();
  #digest: readonly [number, number] = [0, 0];
  #version = 0;

  readonly #meets: (hub: HubIdentity) => boolean;

  /** `meets`: whether that hub is met here, and not in another group that both are in: who is not, is no neighbour. */
  constructor(maxNeighbours: number, meets: (hub: HubIdentity) => boolean) {
    this.overlay = new Overlay(maxNeighbours);
    this.#meets = meets;
  }

  /** Goes up with every change of a member's state or identity. */
  get version(): number {
    return this.#version;
  }

  /** Equal for equal sets of live members, whatever is remembered of the dead, and whoever is suspected. */
  get digest(): readonly [number, number] {
    return this.#digest;
  }

  /** Members that are neither failed nor left, this hub included. */
  get live(): number {
    return this.#counts.joining + this.#counts.alive + this.#counts.suspect;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: HubId): Member | undefined {
    return this.#rows.get(id);
  }

  all(): IterableIterator<Member> {
    return this.#rows.values();
  }

  counts(): Record<MemberState, number> {
    return { ...this.#counts };
  }

  /** In the order in which they fell under suspicion. */
  suspects(): Member[] {
    return [...this.#suspects].flatMap((id) => this.#rows.get(id) ?? []);
  }

  /** Sets a member's standing; false when the table is full of others. */
  put({ identity, incarnation, instance, state, standsIn }: Standing, now: Millis): boolean {
    const { hubId } = identity;
    const row = this.#rows.get(hubId);
    if (!row && this.#rows.size >= MAX_MEMBERS) return false;
    if (row) this.#uncount(row);
    const moved = !row || row.identity !== identity || isLive(row.state) !== isLive(state);
    const next: Row = {
      identity,
      incarnation,
      instance,
      state,
      standsIn,
      since: row && row.state === state ? row.since : now,
      lastHeardAt: row?.lastHeardAt ?? now,
      coordinate: row?.coordinate ?? null,
      suspicion: state === "suspect" ? suspicionFor(row, incarnation) : null,
    };
    // The same row object stays in place, so that iteration order is the order of first sight.
    this.#rows.set(hubId, row ? Object.assign(row, next) : next);
    if (moved && isLive(state) && this.#meets(identity)) this.overlay.put(identity);
    else if (moved) this.overlay.delete(hubId);
    this.#count(next);
    this.#version += 1;
    return true;
  }

  heard(id: HubId, now: Millis): void {
    const row = this.#rows.get(id);
    if (row) row.lastHeardAt = now;
  }

  locate(id: HubId, coordinate: Coordinate): void {
    const row = this.#rows.get(id);
    if (row) row.coordinate = coordinate;
  }

  forget(id: HubId): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#uncount(row);
    this.#rows.delete(id);
    this.overlay.delete(id);
    this.#version += 1;
  }

  #count(row: Row): void {
    this.#counts[row.state] += 1;
    if (row.state === "suspect") this.#suspects.add(row.identity.hubId);
    this.#mix(row, 1);
  }

  #uncount(row: Row): void {
    this.#counts[row.state] -= 1;
    if (row.state === "suspect") this.#suspects.delete(row.identity.hubId);
    this.#mix(row, -1);
  }

  /** A sum is independent of order and can be taken back. */
  #mix(row: Row, sign: 1 | -1): void {
    if (!isLive(row.state)) return;
    const key = `${row.identity.hubId} ${row.incarnation} ${row.state === "joining"}`;
    const [high, low] = this.#digest;
    this.#digest = [(high + sign * hash32(key, 1)) >>> 0, (low + sign * hash32(key, 2)) >>> 0];
  }
}

function suspicionFor(row: Row | undefined, incarnation: number): Suspicion {
  const current = row?.suspicion;
  return current && current.incarnation === incarnation ? current : new Suspicion(incarnation);
}
