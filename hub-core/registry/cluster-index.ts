/**
 * Which record of a cluster counts, when several hubs have written one: the highest incarnation; of equal ones a tombstone
 * before a record; then the higher origin id. A total order, so every hub that holds the same records agrees.
 */
import type { ClusterId, HubId } from "../common/types.ts";
import type { ClusterRecord, ClusterTombstone } from "../wire/catalog.ts";

export interface Claim {
  readonly origin: HubId;
  readonly body: ClusterRecord | ClusterTombstone;
}

export interface Ruling {
  readonly before: Claim | undefined;
  readonly after: Claim | undefined;
}

export class ClusterIndex {
  /** Best claim first. */
  readonly #claims = new Map<ClusterId, Claim[]>();
  /** Winning records by owner. */
  readonly #ownedBy = new Map<HubId, Set<ClusterId>>();

  set(origin: HubId, clusterId: ClusterId, body: Claim["body"] | null): Ruling {
    const claims = this.#claims.get(clusterId) ?? [];
    const before = claims[0];
    const rest = claims.filter((claim) => claim.origin !== origin);
    if (body) rest.push({ origin, body });
    rest.sort((a, b) => (beats(a, b) ? -1 : 1));
    if (rest.length > 0) this.#claims.set(clusterId, rest);
    else this.#claims.delete(clusterId);
    const after = rest[0];
    this.#move(clusterId, ownerOf(before), ownerOf(after));
    return { before, after };
  }

  winner(clusterId: ClusterId): Claim | undefined {
    return this.#claims.get(clusterId)?.[0];
  }

  /** 0 when nothing is known of the id. */
  highestIncarnation(clusterId: ClusterId): number {
    return this.#claims.get(clusterId)?.[0]?.body.incarnation ?? 0;
  }

  /** Whether a tombstone still keeps another hub's record from coming back. */
  hidesAnother(clusterId: ClusterId): boolean {
    const claims = this.#claims.get(clusterId);
    return claims?.[0]?.body.kind === "tombstone" && claims.some(({ body }) => body.kind === "cluster");
  }

  /** Whether the hub has a record of the cluster that another hub's claim beats. */
  loses(hub: HubId, clusterId: ClusterId): boolean {
    const claims = this.#claims.get(clusterId);
    return (
      claims?.[0]?.origin !== hub && !!claims?.some(({ origin, body }) => origin === hub && body.kind === "cluster")
    );
  }

  ownedBy(hub: HubId): ReadonlySet<ClusterId> {
    return this.#ownedBy.get(hub) ?? NONE;
  }

  owners(): IterableIterator<HubId> {
    return this.#ownedBy.keys();
  }

  #move(clusterId: ClusterId, from: HubId | undefined, to: HubId | undefined): void {
    if (from === to) return;
    if (from !== undefined) {
      const owned = this.#ownedBy.get(from);
      owned?.delete(clusterId);
      if (owned?.size === 0) this.#ownedBy.delete(from);
    }
    if (to === undefined) return;
    const owned = this.#ownedBy.get(to);
    if (owned) owned.add(clusterId);
    else this.#ownedBy.set(to, new Set([clusterId]));
  }
}

const NONE: ReadonlySet<ClusterId> = new Set();

export function beats(a: Claim, b: Claim): boolean {
  if (a.body.incarnation !== b.body.incarnation) return a.body.incarnation > b.body.incarnation;
  if (a.body.kind !== b.body.kind) return a.body.kind === "tombstone";
  return a.origin > b.origin;
}

function ownerOf(claim: Claim | undefined): HubId | undefined {
  return claim?.body.kind === "cluster" ? claim.origin : undefined;
}
