/**
 * What a coordinator tells the others about the hubs of its group, guests included: the parent, or its stand-in. Only settled
 * states travel; a suspicion is the group's own business. A hub of which nothing was said is alive.
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, HubIdentity, Millis } from "../common/types.ts";
import { type HubStateRecord, recordKeys } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import type { OwnLog } from "./own-log.ts";
import type { Succession } from "./succession.ts";

export interface SpokesmanOptions {
  readonly self: HubIdentity;
  readonly catalog: Catalog;
  readonly log: OwnLog;
  readonly succession: Succession;
  /** How long after the start a child that the catalog knows may stay away before it is failed. */
  readonly childGraceMs: DurationMs;
}

export class Spokesman {
  readonly #o: SpokesmanOptions;
  #startedAt: Millis = Number.POSITIVE_INFINITY;
  #seenHubs = -1;
  #wakeAt: Millis = Number.POSITIVE_INFINITY;

  constructor(options: SpokesmanOptions) {
    this.#o = options;
  }

  start(now: Millis): void {
    this.#startedAt = now;
  }

  nextDeadline(): Millis {
    return this.#wakeAt;
  }

  /** After any change to a hub's view. */
  review(now: Millis, out: Outbox): void {
    const { catalog } = this.#o;
    if (catalog.hubsVersion === this.#seenHubs) return;
    this.#seenHubs = catalog.hubsVersion;
    this.#speak(now, out);
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#wakeAt <= now) this.#speak(now, out);
  }

  #speak(now: Millis, out: Outbox): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#speakOfGuests(now, out);
    for (const hubId of this.#subjects()) {
      const { catalog } = this.#o;
      const view = catalog.hub(hubId);
      if (!view) continue;
      if (catalog.directory.isMember(hubId)) {
        if (view.state === "alive" || view.state === "failed" || view.state === "left") {
          this.#say(hubId, view.incarnation, view.state, now, out);
        }
        continue;
      }
      // Stored before this hub's restart, and not met in the group since.
      const dueAt = this.#startedAt + this.#o.childGraceMs;
      if (now >= dueAt) this.#say(hubId, view.incarnation, "failed", now, out);
      else this.#wakeAt = Math.min(this.#wakeAt, dueAt);
    }
  }

  /** Who is among the group's members in another's place: how it is there, the group above its own is the first to know. */
  #speakOfGuests(now: Millis, out: Outbox): void {
    const { self, catalog, succession } = this.#o;
    const { parent, tier } = self;
    if (tier === "local" || (tier === "regional" && (parent === null || !succession.standsInFor(parent)))) return;
    for (const { identity, incarnation, state } of catalog.directory.guests()) {
      if (state === "alive" || state === "failed") this.#say(identity.hubId, incarnation, state, now, out);
    }
  }

  /** Own children, those of the parent that this hub stands in for, and whoever was spoken of before. */
  #subjects(): Set<HubId> {
    const { self, catalog, succession, log } = this.#o;
    const { directory } = catalog;
    const subjects = new Set(directory.childrenOf(self.hubId));
    const { parent } = self;
    if (parent !== null && succession.standsInFor(parent)) {
      // Of any other parent the group above speaks.
      if (catalog.hub(parent)?.parent === null) subjects.add(parent);
      for (const sibling of directory.childrenOf(parent)) subjects.add(sibling);
    }
    for (const { body } of log.rumors()) {
      if (body.kind === "hub-state" && catalog.directory.isMember(body.hubId)) subjects.add(body.hubId);
    }
    subjects.delete(self.hubId);
    return subjects;
  }

  #say(hubId: HubId, incarnation: number, state: HubStateRecord["state"], now: Millis, out: Outbox): void {
    const { self, catalog, log } = this.#o;
    const said = wordOf(log, hubId);
    // What it said before it lost its storage it cannot know, and some may still go by it: so it says that a child lives, once.
    const isNews = said
      ? said.state !== state || (state !== "alive" && said.incarnation !== incarnation)
      : state !== "alive" || catalog.hub(hubId)?.parent === self.hubId;
    if (!isNews) return;
    sayOf(log, { kind: "hub-state", hubId, incarnation, state, since: now }, now, out);
  }
}

export function wordOf(log: OwnLog, hubId: HubId): HubStateRecord | undefined {
  const body = log.newest(recordKeys.hubState(hubId))?.body;
  return body?.kind === "hub-state" ? body : undefined;
}

export function sayOf(log: OwnLog, body: HubStateRecord, now: Millis, out: Outbox): void {
  const key = recordKeys.hubState(body.hubId);
  log.publish({ key, body, priority: "urgent", expiresAt: null, durable: true }, now, out);
}
