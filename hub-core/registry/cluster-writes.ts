/** Writes to clusters: answered here when this hub owns the cluster or may take it, else sent on to the hub that does. */
import type { HubView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import { answered, type Reply, refused } from "../common/problem.ts";
import { type Coordinates, type HubIdentity, type Millis, type RegionId, unreachable } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { type ClusterRecord, recordKeys } from "../wire/catalog.ts";
import { clusterAnswer } from "./answers.ts";
import type { Catalog } from "./catalog.ts";
import { MAX_RECORD_BYTES } from "./limits.ts";
import { shortfalls } from "./maintenance-safety.ts";
import { mistakeIn } from "./mistakes.ts";
import { recordSize } from "./own-log.ts";
import type { OwnedClusters } from "./owned-clusters.ts";
import { hasRoom, nearestFirst } from "./placement.ts";
import { redirect } from "./redirect.ts";
import { recordOf } from "./registration.ts";
import type { ClusterWrite } from "./registry-requests.ts";
import { shortageOf } from "./shortage.ts";

export interface ClusterWritesOptions {
  readonly self: HubIdentity;
  readonly config: HubConfig;
  readonly catalog: Catalog;
  readonly owned: OwnedClusters;
  readonly metrics: Metrics;
  draining(): boolean;
}

type Register = Extract<ClusterWrite, { kind: "cluster-register" }>;
type Maintain = Extract<ClusterWrite, { kind: "cluster-maintenance" }>;
type OfOwned = Exclude<ClusterWrite, Register>;

/** Hubs that one registration is sent to before it is refused: what they know of each other's room is a moment old. */
const MAX_REDIRECTS = 3;

export class ClusterWrites {
  readonly #o: ClusterWritesOptions;

  constructor(options: ClusterWritesOptions) {
    this.#o = options;
  }

  answer(write: ClusterWrite, now: Millis, out: Outbox): Reply {
    if (write.kind === "cluster-register") return this.#register(write, now, out);
    const settled = this.#settled(write, now);
    if (settled) return settled;
    this.#secure(write, now, out);
    return this.#change(write, now, out);
  }

  #change(write: OfOwned, now: Millis, out: Outbox): Reply {
    const { owned } = this.#o;
    const { clusterId } = write;
    switch (write.kind) {
      case "cluster-heartbeat":
        owned.heartbeat(clusterId, write, now, out);
        return answered({ ttl_ms: owned.record(clusterId)?.ttlMs ?? null });
      case "cluster-remove":
        owned.remove(clusterId, now, out);
        return answered(null, 204);
      case "cluster-drain":
        owned.setDraining(clusterId, true, now, out);
        return this.#show(write, now);
      case "cluster-undrain":
        owned.setDraining(clusterId, false, now, out);
        return this.#show(write, now);
      case "cluster-maintenance":
        owned.setMaintenance(clusterId, { startsAt: write.startsAt, endsAt: write.endsAt }, now, out);
        return this.#show(write, now);
      default:
        return unreachable(write);
    }
  }

  /** What is answered without changing anything: another hub is to be asked, or the write is refused, or done already. */
  #settled(write: OfOwned, now: Millis): Reply | null {
    const { catalog, owned, self } = this.#o;
    const view = catalog.cluster(write.clusterId);
    if (!owned.has(write.clusterId)) {
      if (!view) return this.#isRemoved(write) ? answered(null, 204) : unknown(write);
      const owner = catalog.hub(view.owner);
      if (owner && !catalog.directory.isGone(view.owner) && view.owner !== self.hubId) return redirect(owner);
      // Deleting needs no room.
      if (write.kind !== "cluster-remove" && !owned.hasRoom) return this.#noRoom();
    }
    return write.kind === "cluster-maintenance" ? this.#unsafe(write, now) : null;
  }

  /** A retry may come by here though another hub removed the cluster, or this one before a restart. */
  #isRemoved({ kind, clusterId, idempotencyKey }: OfOwned): boolean {
    const isRetry = kind === "cluster-remove" && idempotencyKey !== undefined;
    return isRetry && this.#o.catalog.claims.winner(clusterId)?.body.kind === "tombstone";
  }

  /** Makes sure that this hub owns the cluster: whoever is asked takes the place of an owner that is gone. */
  #secure({ kind, clusterId }: OfOwned, now: Millis, out: Outbox): void {
    const { catalog, owned } = this.#o;
    const view = catalog.cluster(clusterId);
    if (!view || owned.has(clusterId) || kind === "cluster-remove") return;
    owned.take(view.record, now, out);
    out.log("info", "cluster_taken_over", { cluster_id: clusterId, from: view.owner });
  }

  #register(write: Register, now: Millis, out: Outbox): Reply {
    const { self, config, catalog, owned } = this.#o;
    const { cluster } = write;
    const mistake = mistakeIn(cluster, { self, config, catalog });
    if (mistake) return mistake;
    const known = owned.record(cluster.clusterId);
    const where = this.#locate(write);
    const elsewhere = known ? null : this.#elsewhere(write, where.coordinates);
    if (elsewhere) return elsewhere;
    const { claims } = catalog;
    const former = known ?? catalog.cluster(cluster.clusterId)?.record;
    const record = recordOf(cluster, {
      self: self.hubId,
      ...where,
      incarnation: known?.incarnation ?? claims.highestIncarnation(cluster.clusterId) + 1,
      known,
      former,
      directedAt: Math.max(now, claims.latestDirection(cluster.clusterId) + 1),
      config: config.registry,
      now,
    });
    const oversize = checkSize(record);
    if (oversize) return oversize;
    const existed = former !== undefined;
    owned.register(record, now, out);
    this.#o.metrics.count("registry_registrations_total");
    return answered(
      {
        cluster_id: cluster.clusterId,
        hub_id: self.hubId,
        catalog_version: catalog.version,
        ttl_ms: record.ttlMs,
      },
      existed ? 200 : 201,
    );
  }

  /** Null when the cluster is to be taken here. */
  #elsewhere(write: Register, at: Coordinates): Reply | null {
    const { catalog, self } = this.#o;
    const view = catalog.cluster(write.cluster.clusterId);
    const owner = view && catalog.hub(view.owner);
    if (owner && !catalog.directory.isGone(view.owner) && view.owner !== self.hubId) return redirect(owner);
    const room = this.#hasRoomHere();
    if (write.assigned && room) return null;
    if ((write.redirects ?? 0) >= MAX_REDIRECTS) return room ? null : this.#noRoom();
    const open = [...catalog.hubs()].filter((hub) => (hub.hubId === self.hubId ? room : hasRoom(hub)));
    const preferred = write.cluster.region === undefined ? open : open.filter(inRegion(write.cluster.region));
    const nearest = nearestFirst(preferred.length > 0 ? preferred : open, at)[0];
    if (!nearest) return this.#noRoom();
    return nearest.hubId === self.hubId ? null : redirect(nearest);
  }

  /** Where the cluster says that it is; else where its region's hub is; else here. */
  #locate({ cluster }: Register): { readonly region: RegionId; readonly coordinates: Coordinates } {
    const { catalog, self } = this.#o;
    const region = cluster.region ?? self.region;
    if (cluster.coordinates) return { region, coordinates: cluster.coordinates };
    const hubs = [...catalog.hubs()].filter((hub) => hub.region === region && hub.tier === "regional");
    const { coordinates } = hubs.sort((a, b) => (a.hubId < b.hubId ? -1 : 1))[0] ?? self;
    return { region, coordinates };
  }

  #unsafe({ clusterId, startsAt, endsAt }: Maintain, now: Millis): Reply | null {
    if (endsAt <= Math.max(startsAt, now)) {
      return refused(422, "maintenance_over", "ends_at must lie in the future and after starts_at.");
    }
    const short = shortfalls(this.#o.catalog, clusterId, { startsAt, endsAt });
    if (short.length === 0) return null;
    const names = short.map(({ service }) => service).join(", ");
    const detail = `Without ${clusterId} the other clusters could not carry the load of: ${names}.`;
    return refused(409, "capacity_unsafe", detail, { services: short });
  }

  #show(write: OfOwned, now: Millis): Reply {
    const view = this.#o.catalog.cluster(write.clusterId);
    return view ? answered(clusterAnswer(view, now, "whole")) : unknown(write);
  }

  #hasRoomHere(): boolean {
    return this.#o.owned.hasRoom && !this.#o.draining();
  }

  #noRoom(): Reply {
    const { self, catalog, owned, metrics } = this.#o;
    metrics.count("registry_registrations_refused_total", 1, { code: "capacity_exhausted" });
    const here = { used: owned.size, capacity: owned.capacity, draining: this.#o.draining() };
    const { detail, ...limits } = shortageOf(self.hubId, here, catalog.hubs());
    return refused(507, "capacity_exhausted", detail, { limits: { max_clusters: owned.capacity, ...limits } });
  }
}

function inRegion(region: RegionId): (hub: HubView) => boolean {
  return (hub) => hub.region === region;
}

function unknown({ kind, clusterId }: OfOwned): Reply {
  const advice = kind === "cluster-heartbeat" ? " Register it again." : "";
  return refused(404, "cluster_unknown", `No cluster "${clusterId}" is registered.${advice}`);
}

function checkSize(record: ClusterRecord): Reply | null {
  const size = recordSize(recordKeys.cluster(record.clusterId), record);
  if (size instanceof RangeError)
    return refused(422, "record_invalid", `The registration cannot be kept: ${size.message}.`);
  if (size <= MAX_RECORD_BYTES) return null;
  const detail = `The registration takes ${size} bytes as stored; at most ${MAX_RECORD_BYTES} fit. Shorten its metadata or lists.`;
  return refused(413, "record_too_large", detail, { limits: { max_record_bytes: MAX_RECORD_BYTES, used: size } });
}
