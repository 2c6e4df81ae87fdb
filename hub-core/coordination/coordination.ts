/**
 * Who coordinates each of this hub's groups, as the group's election says. The configured parent, or a child in its place:
 * the one with the highest term. Facts may come late, twice or out of order; an older term changes nothing.
 */
import type { Outbox } from "../common/outbox.ts";
import {
  type DurationMs,
  downGroupOf,
  type GroupId,
  type HubId,
  type HubIdentity,
  type Millis,
  upGroupOf,
} from "../common/types.ts";

/** The outcome of an election: one leader per term. */
export interface Led {
  readonly leader: HubId;
  readonly term: number;
}

/** What is known of a group's coordination. */
export interface Standing extends Led {
  readonly group: GroupId;
  /** Whom the configuration names. */
  readonly parent: HubId;
  readonly since: Millis;
  /** Since when nobody is known to lead; null while somebody is. */
  readonly leaderlessSince: Millis | null;
}

/**
 * Without a leader the last one keeps its duties this long: elections come and go faster, and a second one does no harm,
 * because its term is higher.
 */
export const LAPSE_MS: DurationMs = 10_000;

export class Coordination {
  readonly #self: HubId;
  readonly #parents = new Map<GroupId, HubId>();
  readonly #standings = new Map<GroupId, Standing>();

  constructor(self: HubIdentity) {
    this.#self = self.hubId;
    const up = upGroupOf(self);
    const down = downGroupOf(self);
    if (up !== null && self.parent !== null) this.#parents.set(up, self.parent);
    if (down !== null) this.#parents.set(down, self.hubId);
  }

  /** What the group's election has come to; null: no leader is known now. Facts of other groups are none of this hub's business. */
  led(group: GroupId, fact: Led | null, now: Millis, out: Outbox): void {
    const parent = this.#parents.get(group);
    if (parent === undefined) return;
    const known = this.#standings.get(group);
    if (fact === null) {
      if (known?.leaderlessSince === null) this.#put({ ...known, leaderlessSince: now }, out);
      return;
    }
    if (known && fact.term < known.term) return;
    if (known?.term === fact.term && known.leader !== fact.leader) {
      out.log("error", "two_leaders_in_a_term", { group, term: fact.term, first: known.leader, second: fact.leader });
      return;
    }
    if (known?.term === fact.term && known.leaderlessSince === null) return;
    const since = known?.leader === fact.leader && !hasLapsed(known, now) ? known.since : now;
    this.#put({ ...fact, group, parent, since, leaderlessSince: null }, out);
    out.log("info", "coordinator_elected", {
      group,
      coordinator: fact.leader,
      term: fact.term,
      acting: fact.leader !== parent,
    });
  }

  /** Undefined until the group's first election is known of. */
  standing(group: GroupId): Standing | undefined {
    return this.#standings.get(group);
  }

  /** The groups that this hub coordinates, the leaderless that it led last included, until that has lapsed. */
  held(now: Millis): Standing[] {
    return [...this.#standings.values()].filter(
      (standing) => standing.leader === this.#self && !hasLapsed(standing, now),
    );
  }

  /** When a role of this hub lapses next. */
  lapsesAt(now: Millis): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { leaderlessSince } of this.held(now)) {
      if (leaderlessSince !== null) next = Math.min(next, leaderlessSince + LAPSE_MS);
    }
    return next;
  }

  #put(standing: Standing, out: Outbox): void {
    this.#standings.set(standing.group, standing);
    out.notify({ kind: "coordinator-changed", group: standing.group });
  }
}

function hasLapsed({ leaderlessSince }: Standing, now: Millis): boolean {
  return leaderlessSince !== null && now >= leaderlessSince + LAPSE_MS;
}
