/**
 * Which record of a cluster counts, when several hubs have written one: the highest incarnation; of equal ones a tombstone
 * before a record before a withdrawal; then the higher origin id. A total order, so every hub that holds the same records agrees.
 */
import type { ClusterId, HubId, Millis } from "../common/types.ts";
import type { ClusterRecord, ClusterTombstone, Withdrawal } from "../wire/catalog.ts";
import { endOfLifetime } from "./lifetime.ts";

export interface Claim {
  readonly origin: HubId;
  readonly body: ClusterRecord | ClusterTombstone | Withdrawal;
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

  /** When something was last asked of the cluster, by any record of it; 0 when nothing is known of the id. */
  latestDirection(clusterId: ClusterId): Millis {
    const claims = this.#claims.get(clusterId) ?? [];
    return claims.reduce((latest, { body }) => Math.max(latest, directedAt(body)), 0);
  }

  /** Whether the hub's record, though beaten, is of the same lifetime and knows of something asked later. */
  knowsBetter(hub: HubId, clusterId: ClusterId): boolean {
    const claims = this.#claims.get(clusterId) ?? [];
    const own = claims.find(({ origin }) => origin === hub)?.body;
    const best = claims[0]?.body;
    return own?.kind === "cluster" && best?.kind === "cluster" && isAskedLater(own, best);
  }

  /** Of the records of the same lifetime the one that was asked something last, if that is later than `record` knows of. */
  askedLater(record: ClusterRecord): { readonly origin: HubId; readonly body: ClusterRecord } | undefined {
    let latest: { readonly origin: HubId; readonly body: ClusterRecord } | undefined;
    for (const { origin, body } of this.#claims.get(record.clusterId) ?? []) {
      if (body.kind === "cluster" && isAskedLater(body, latest?.body ?? record)) latest = { origin, body };
    }
    return latest;
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
  if (a.body.kind !== b.body.kind) return RANK[a.body.kind] < RANK[b.body.kind];
  return a.origin > b.origin;
}

const RANK = { tombstone: 0, cluster: 1, withdrawn: 2 } as const;

function isAskedLater(a: ClusterRecord, b: ClusterRecord): boolean {
  // 0: it came by way of a hub of the version before, which keeps no such times.
  if (b.directedAt === 0) return false;
  return a.directedAt > b.directedAt && endOfLifetime(a.incarnation) === endOfLifetime(b.incarnation);
}

function directedAt(body: Claim["body"]): Millis {
  return body.kind === "cluster" ? body.directedAt : 0;
}

function ownerOf(claim: Claim | undefined): HubId | undefined {
  return claim?.body.kind === "cluster" ? claim.origin : undefined;
}
