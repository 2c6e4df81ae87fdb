/**
 * Handing clusters to another hub: offered until answered, over as many hubs as lie between. Repeating is harmless, because
 * a hub that owns the cluster already says that it took it.
 */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { ClusterId, HubId, HubIdentity, Millis } from "../common/types.ts";
import { type ClusterRecord, recordKeys } from "../wire/catalog.ts";
import type { MessageOf } from "../wire/messages.ts";
import { MAX_ASSIGNED } from "../wire/registry-messages.ts";
import type { HubDirectory } from "./hub-directory.ts";
import { MAX_ASSIGNMENT_BYTES } from "./limits.ts";
import { recordSize } from "./own-log.ts";

export type Assign = MessageOf<"assign">;
export type Assigned = MessageOf<"assigned">;

interface Offer {
  readonly message: Assign;
  readonly clusterIds: readonly ClusterId[];
  sentAt: Millis;
  tries: number;
}

const RETRY_MS = 1_000;
const MAX_TRIES = 4;
/** A hub that refused or did not answer is left out for this long. */
const AVOID_MS = 10_000;
/** What was taken is not offered again while the taker's record is on its way. */
const SETTLE_MS = 10_000;
/** There and back between the local hubs of two regions takes three; more is a circle. */
const MAX_HOPS = 6;
/** Clusters on offer at once; more wait for answers. */
const MAX_PENDING = 200;

export class Assignments {
  readonly #self: HubIdentity;
  readonly #directory: HubDirectory;
  readonly #metrics: Metrics;
  readonly #offers = new Map<number, Offer>();
  readonly #pending = new Map<ClusterId, HubId>();
  readonly #settling = new Map<ClusterId, { readonly by: HubId; readonly until: Millis }>();
  readonly #avoided = new Map<HubId, Millis>();
  #assignment = 0;

  constructor(self: HubIdentity, directory: HubDirectory, metrics: Metrics) {
    this.#self = self;
    this.#directory = directory;
    this.#metrics = metrics;
  }

  /** How many more clusters may be offered now. */
  get room(): number {
    return Math.max(0, MAX_PENDING - this.#pending.size - this.#settling.size);
  }

  isPending(id: ClusterId): boolean {
    return this.#pending.has(id) || this.#settling.has(id);
  }

  avoids(hub: HubId, now: Millis): boolean {
    return (this.#avoided.get(hub) ?? 0) > now;
  }

  /** When the hub may be tried again. */
  avoidsUntil(hub: HubId): Millis {
    return this.#avoided.get(hub) ?? 0;
  }

  /** Clusters promised to the hub that its own record may not count yet. */
  promisedTo(hub: HubId): number {
    let promised = 0;
    for (const to of this.#pending.values()) if (to === hub) promised += 1;
    for (const { by } of this.#settling.values()) if (by === hub) promised += 1;
    return promised;
  }

  offer(purpose: Assign["purpose"], to: HubId, records: readonly ClusterRecord[], now: Millis, out: Outbox): void {
    for (const clusters of batches(records)) {
      this.#assignment += 1;
      const message: Assign = {
        kind: "assign",
        assignment: this.#assignment,
        from: this.#self.hubId,
        to,
        hops: 0,
        purpose,
        clusters,
      };
      const clusterIds = clusters.map(({ clusterId }) => clusterId);
      for (const id of clusterIds) this.#pending.set(id, to);
      this.#offers.set(this.#assignment, { message, clusterIds, sentAt: now, tries: 1 });
      this.forward(message, out);
    }
  }

  /** @returns the clusters that were taken. */
  answered(message: Assigned, now: Millis): readonly ClusterId[] {
    const offer = this.#offers.get(message.assignment);
    if (offer?.message.to !== message.from) return [];
    this.#close(message.assignment, offer);
    const offered = new Set(offer.clusterIds);
    const taken = message.taken.filter((id) => offered.has(id));
    for (const id of taken) this.#settling.set(id, { by: message.from, until: now + SETTLE_MS });
    if (message.refused.length > 0) this.#avoided.set(message.from, now + AVOID_MS);
    return taken;
  }

  /** One hop nearer to `to`; without a link one is asked for, and the sender's retry uses it. */
  forward(message: Assign | Assigned, out: Outbox): void {
    const hop = this.nextHop(message.to);
    if (hop === null || message.hops >= MAX_HOPS) {
      this.#metrics.count("registry_assignments_undeliverable_total");
      return;
    }
    if (!out.send(hop, message)) out.dial(hop);
  }

  /** Straight to a hub of an own group, else through whoever coordinates its siblings, else through who coordinates ours. */
  nextHop(to: HubId): HubId | null {
    const directory = this.#directory;
    if (directory.isMember(to)) return to;
    const parent = directory.view(to)?.parent ?? null;
    const theirs = parent === null ? null : (directory.coordinatorOf(parent)?.hubId ?? null);
    if (theirs !== null && theirs !== this.#self.hubId && directory.isMember(theirs)) return theirs;
    if (parent !== null && directory.isMember(parent) && theirs === null) return null;
    const { parent: own } = this.#self;
    const ours = own === null ? null : (directory.coordinatorOf(own)?.hubId ?? null);
    return ours === this.#self.hubId ? null : ours;
  }

  nextDeadline(): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { sentAt } of this.#offers.values()) next = Math.min(next, sentAt + RETRY_MS);
    for (const { until } of this.#settling.values()) next = Math.min(next, until);
    for (const until of this.#avoided.values()) next = Math.min(next, until);
    return next;
  }

  tick(now: Millis, out: Outbox): void {
    for (const [id, { until }] of this.#settling) if (until <= now) this.#settling.delete(id);
    for (const [hub, until] of this.#avoided) if (until <= now) this.#avoided.delete(hub);
    for (const [assignment, offer] of this.#offers) {
      if (offer.sentAt + RETRY_MS > now) continue;
      if (offer.tries >= MAX_TRIES) {
        this.#close(assignment, offer);
        this.#avoided.set(offer.message.to, now + AVOID_MS);
        continue;
      }
      offer.tries += 1;
      offer.sentAt = now;
      this.forward(offer.message, out);
    }
  }

  #close(assignment: number, offer: Offer): void {
    this.#offers.delete(assignment);
    for (const id of offer.clusterIds) this.#pending.delete(id);
  }
}

function* batches(records: readonly ClusterRecord[]): IterableIterator<ClusterRecord[]> {
  let batch: ClusterRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordSize(recordKeys.cluster(record.clusterId), record);
    if (size instanceof RangeError) throw size;
    if (batch.length === MAX_ASSIGNED || (batch.length > 0 && bytes + size > MAX_ASSIGNMENT_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
