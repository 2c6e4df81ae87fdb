/** The records of the catalog, as they travel and as every machine sees them. Each has one writer: its `origin` hub. */
import { type ClusterId, type Coordinates, type HubId, type Json, type Millis, TIERS } from "../common/types.ts";
import {
  bool,
  type Codec,
  type Decoded,
  DecodeError,
  inSteps,
  list,
  nullable,
  oneOf,
  scaled,
  since,
  struct,
  text,
  uint,
  union,
  variant,
} from "./codec.ts";
import { remembered } from "./remembered.ts";
import { contribution, MAX_GRAVES_TOLD, STATE_SINCE } from "./state-records.ts";

export const ID_BYTES = 128;
export const URL_BYTES = 2_048;
export const METADATA_BYTES = 8_192;

export const id = text(ID_BYTES);
const url = text(URL_BYTES);
const load = scaled(100);
/** Tenths of a millisecond. */
export const rtt = scaled(10);

/** To a millionth, a tenth of a metre: what a user wrote with so many digits comes back as written. */
const DEGREE_STEPS = 1_000_000;

function degrees(most: number): Codec<number> {
  const micro = scaled(DEGREE_STEPS);
  return {
    write: micro.write,
    read: (r) => {
      const value = micro.read(r);
      if (Math.abs(value) > most) throw new DecodeError(`${value} degrees, limit ${most}`);
      return value;
    },
  };
}

export const coordinates: Codec<Coordinates> = struct({ latitude: degrees(90), longitude: degrees(180) });

/** As the others read what is sent. */
export function asCarried({ latitude, longitude }: Coordinates): Coordinates {
  return { latitude: inSteps(latitude, DEGREE_STEPS), longitude: inSteps(longitude, DEGREE_STEPS) };
}

/** JSON within a size, for what users attach and MPREG does not interpret. */
export function json(maxBytes: number): Codec<Json> {
  const inner = text(maxBytes);
  return {
    write: (w, value) => inner.write(w, JSON.stringify(value)),
    read: (r) => {
      const source = inner.read(r);
      try {
        return JSON.parse(source) as Json;
      } catch {
        throw new DecodeError("metadata that is not JSON");
      }
    },
  };
}

/** How membership judges a hub; `joining` until its first state exchange is done. */
export const MEMBER_STATES = ["joining", "alive", "suspect", "failed", "left"] as const;
export type MemberState = (typeof MEMBER_STATES)[number];
export const memberState = oneOf(MEMBER_STATES);

/** A suspect is not given up: it counts until it has failed. */
export function isGone(state: MemberState): boolean {
  return state === "failed" || state === "left";
}

export const CLUSTER_STATES = ["passing", "warning", "critical", "draining", "maintenance"] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

export const endpoint = struct({ url, weight: uint });

export const offeredService = struct({
  name: id,
  version: nullable(id),
  tags: list(id, 32),
  weight: uint,
  /** Requests in flight that the cluster says it can carry; null: unlimited. */
  capacity: nullable(uint),
  /** 0…1 of capacity. */
  load,
  healthy: bool,
});
export type OfferedService = Decoded<typeof offeredService>;

export const healthCheck = struct({ url, intervalMs: uint, timeoutMs: uint });

export const MAX_ENDPOINTS = 32;
export const MAX_SERVICES = 128;

/**
 * Who coordinates a group in this term of its election: `parent` itself, which the configuration names, or the child that
 * stands in for it. Of two claims the higher term counts.
 */
export const leadership = struct({
  group: id,
  parent: id,
  /** The parent's own parent, whose group a stand-in enters; null when there is none above. */
  above: nullable(id),
  term: uint,
  /** By the coordinator's clock. */
  since: uint,
});
export type Leadership = Decoded<typeof leadership>;

/** A hub is in two groups at most. */
const MAX_LEADERSHIPS = 2;

const hubRecord = variant(1, {
  tier: oneOf(TIERS),
  region: id,
  coordinates,
  parent: nullable(id),
  address: url,
  incarnation: uint,
  /** Clusters owned, and the most it takes. */
  clusters: uint,
  capacity: uint,
  load,
  draining: bool,
  softwareVersion: text(64),
  startedAt: uint,
  /** Of a hub in the global group: when it last heard from anyone there, once that is too long ago; null while it hears. */
  cutOffSince: since(2, nullable(uint), null),
  /** Its storage: see `StoredIdentity.replica`; 0: not told. */
  replica: since(2, uint, 0),
  /** The logs of its groups that it has a copy of. */
  logs: since(2, list(struct({ group: id, lineage: uint }), 4), []),
  /** The groups that it coordinates, as it says itself. */
  leads: since(2, list(leadership, MAX_LEADERSHIPS), []),
});

const clusterRecord = variant(2, {
  clusterId: id,
  /** Goes up with every change of owner and every return from a tombstone; the highest wins. */
  incarnation: uint,
  /** The hub that it registered with; an adopter hands it back there. */
  homeHub: id,
  region: id,
  coordinates,
  endpoints: list(endpoint, MAX_ENDPOINTS),
  services: list(offeredService, MAX_SERVICES),
  healthCheck: nullable(healthCheck),
  ttlMs: nullable(uint),
  namespace: id,
  jurisdiction: nullable(id),
  metadata: nullable(json(METADATA_BYTES)),
  state: oneOf(CLUSTER_STATES),
  /** Why it is in that state, for people. */
  reason: text(256),
  stateSince: uint,
  /** End of the ramp-up after a return; null when it carries its full share. */
  rampUntil: nullable(uint),
  load,
  inFlight: uint,
  /** From the owner hub to the cluster, as its health checks measure it. */
  checkRttMs: nullable(rtt),
  maintenance: nullable(struct({ startsAt: uint, endsAt: uint })),
  /** Asked for, even while maintenance hides it. */
  draining: since(2, bool, false),
  /** When its registration, draining or maintenance was last asked for: later than any such word known then. */
  directedAt: since(2, uint, 0),
  updatedAt: uint,
  /** False from when an adopter took it over until it has checked, or heard, the cluster itself. */
  verified: since(2, bool, true),
});

const tombstone = variant(3, { clusterId: id, incarnation: uint, deletedAt: uint });

/** What a coordinator (or the sponsor of an orphaned region) says of a hub to those outside its group. */
const hubStateRecord = variant(4, { hubId: id, incarnation: uint, state: memberState, since: uint });

/** Round trips measured by the origin over its own links. */
const linksRecord = variant(5, {
  links: list(struct({ peer: id, rttMs: rtt, loss: load, utilisation: since(2, load, 0) }), 64),
  updatedAt: uint,
});

/** Round trips told through the API: from a place, region, hub or cluster to a hub or cluster. */
const latencyRecord = variant(6, {
  from: id,
  /** Where `from` is, when that is known. */
  coordinates: nullable(coordinates),
  to: id,
  rttMs: rtt,
  observedAt: uint,
});

const summaryRecord = variant(7, {
  region: id,
  hubs: uint,
  clusters: uint,
  healthy: uint,
  services: list(struct({ name: id, clusters: uint, healthy: uint, capacity: uint, load }), 1_024),
  updatedAt: uint,
});

/** Proof of propagation: receivers send a receipt back the way it came. */
const testRecord = variant(8, { messageId: id, payload: json(METADATA_BYTES), startedAt: uint });

/** The key is free again: what stood there is withdrawn by its writer. */
const withdrawn = variant(9, {
  /** Of a cluster: where the lifetime of the claim that it yields to began, so that no earlier one counts meanwhile; else 0. */
  incarnation: since(2, uint, 0),
});

/** What its origin has to say of an eventual key; null: nothing any more, others say it all. */
const stateRecord = variant(10, {
  contribution: nullable(contribution),
  /** The life of storage in which the origin says it: another than its key names when it says it for another. */
  saidIn: uint,
});

/** Dead eventual keys of which the origin has all that was ever said, each as a hash over the key and its clocks. */
const stateGraves = variant(11, {
  graves: list(uint, MAX_GRAVES_TOLD),
  /** A hash over the hubs that it knows of, those that left aside. */
  census: uint,
});

const newestBody = union({
  hub: hubRecord,
  cluster: clusterRecord,
  tombstone,
  "hub-state": hubStateRecord,
  links: linksRecord,
  latency: latencyRecord,
  summary: summaryRecord,
  test: testRecord,
  withdrawn,
  state: stateRecord,
  "state-graves": stateGraves,
});

export type RecordBody = Decoded<typeof newestBody>;

/** A kind that an old hub does not know would cost it the whole frame, so it is told that the key is free. */
export const recordBody: Codec<RecordBody> = {
  write: (w, body) => newestBody.write(w, w.version < STATE_SINCE && isState(body) ? FREE : body),
  read: newestBody.read,
};

const FREE: RecordBody = { kind: "withdrawn", incarnation: 0 };

function isState({ kind }: RecordBody): boolean {
  return kind === "state" || kind === "state-graves";
}

export type HubRecord = Extract<RecordBody, { kind: "hub" }>;
export type ClusterRecord = Extract<RecordBody, { kind: "cluster" }>;
export type ClusterTombstone = Extract<RecordBody, { kind: "tombstone" }>;
export type Withdrawal = Extract<RecordBody, { kind: "withdrawn" }>;
export type HubStateRecord = Extract<RecordBody, { kind: "hub-state" }>;
export type LinksRecord = Extract<RecordBody, { kind: "links" }>;
export type LatencyRecord = Extract<RecordBody, { kind: "latency" }>;
export type SummaryRecord = Extract<RecordBody, { kind: "summary" }>;
export type TestRecord = Extract<RecordBody, { kind: "test" }>;
export type StateRecord = Extract<RecordBody, { kind: "state" }>;

/** `urgent`: withdrawals and state changes; `bulk`: loads and measurements, the first to wait under pressure. */
export const PRIORITIES = ["urgent", "normal", "bulk"] as const;
export type Priority = (typeof PRIORITIES)[number];

/**
 * One update as gossip spreads it: the newest value of `key` in the log of `origin`.
 * `seq` is the origin's own count and only goes up; a rumor with a lower one than seen for its key is old.
 */
const wholeRumor = struct({
  origin: id,
  seq: uint,
  key: text(300),
  priority: oneOf(PRIORITIES),
  /** Dropped by everyone after this; null: kept until superseded. */
  expiresAt: nullable(uint),
  body: recordBody,
});

/** Records of the last minutes, as they come over several links and go on over others. */
const RUMORS_REMEMBERED = 4_096;
/** The origin's id behind its length, and the number behind that. */
export const rumor = remembered(wholeRumor, RUMORS_REMEMBERED, (idBytes) => 1 + idBytes + 8);

export type Rumor = Decoded<typeof rumor>;

export const recordKeys = {
  hub: "hub",
  links: "links",
  summary: "summary",
  cluster: (clusterId: ClusterId): string => `cluster/${clusterId}`,
  hubState: (hubId: HubId): string => `hub-state/${hubId}`,
  latency: (from: string, to: string): string => `latency/${from}/${to}`,
  test: (messageId: string): string => `test/${messageId}`,
  /** `replica`: whose life of storage wrote it, so that a new life does not overwrite what it has forgotten. */
  state: (replica: string, key: string): string => `state/${replica}/${key}`,
  stateGraves: "state-graves",
} as const;

/** Keys of what hubs say of eventual state: never withdrawn, so that a withdrawal is the work of a hub that cannot carry them. */
export function isStateKey(key: string): boolean {
  return key.startsWith("state/") || key === recordKeys.stateGraves;
}

/** In place of a record of eventual state that passed a hub of before there was any. */
export function isUncarried({ key, body }: Rumor): boolean {
  return body.kind === "withdrawn" && isStateKey(key);
}

/** Undefined for a key of another kind. */
export function readStateKey(recordKey: string): { readonly replica: string; readonly key: string } | undefined {
  const [kind, replica, ...key] = recordKey.split("/");
  return kind === "state" && replica && key.length > 0 ? { replica, key: key.join("/") } : undefined;
}

/** `completeUpTo`: every change of the origin up to that seq that still matters is here. */
export type VersionVector = ReadonlyMap<HubId, number>;

/** The replicated store as gossip of one group may see it. `registry/` implements it, a scope for each group. */
export interface RumorStore {
  vector(): VersionVector;
  /** This origin's entry of the vector; 0: none. */
  completeTo(origin: HubId): number;
  /** 64 bits over the vector, equal exactly when the vectors are (with overwhelming odds). Two uint32. */
  digest(): readonly [number, number];
  /** True when this very update, or a later one of the same key, is here. */
  covers(origin: HubId, seq: number, key: string): boolean;
  /** The rumor, if it is still the newest of its key. */
  get(origin: HubId, seq: number): Rumor | undefined;
  /** Newest values of `origin` with seq > `after`, in seq order, at most `maxBytes` encoded; `upTo` is what they complete. */
  changesSince(
    origin: HubId,
    after: number,
    maxBytes: number,
  ): { rumors: readonly Rumor[]; upTo: number; more: boolean };
  /** `stale`: seen or superseded. `rejected`: could not be applied, and so is not seen. */
  apply(rumor: Rumor, from: HubId, now: Millis): "applied" | "stale" | "rejected";
  /** A peer sent every change of `origin` up to `upTo`. */
  completeUpTo(origin: HubId, upTo: number): void;
}
