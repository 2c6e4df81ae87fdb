/** A few hubs, perfect links and virtual time: enough to see what a Hub does when nothing goes wrong. */
import { Storage } from "../../test/simulation/storage.ts";
import type { HubId, HubIdentity, Millis, Tier } from "../common/types.ts";
import { type Federation, hubConfigOf, parseFederationFile } from "../config/index.ts";
import type { Effect, HubEvent, LinkId, StoredState } from "./contract.ts";
import { Hub } from "./hub.ts";
import type { Request } from "./requests.ts";

const HOP_MS = 5;
export const EMPTY: StoredState = {
  identity: null,
  records: new Map(),
  peers: [],
  outcomes: new Map(),
  logs: new Map(),
};

export interface WorldHub {
  readonly id: HubId;
  readonly region: string;
  readonly tier: Tier;
  readonly parent: HubId | null;
}

/** What most tests of a hub among others need. */
export const TWO_REGIONS: readonly WorldHub[] = [
  { id: "g", region: "east", tier: "global", parent: null },
  { id: "r-east", region: "east", tier: "regional", parent: "g" },
  { id: "l-east-1", region: "east", tier: "local", parent: "r-east" },
  { id: "l-east-2", region: "east", tier: "local", parent: "r-east" },
  { id: "r-west", region: "west", tier: "regional", parent: "g" },
  { id: "l-west-1", region: "west", tier: "local", parent: "r-west" },
];

interface Scheduled {
  readonly at: Millis;
  readonly order: number;
  readonly hub: HubId;
  readonly event: HubEvent;
}

export class HubWorld {
  readonly hubs = new Map<HubId, Hub>();
  /** Every step as it was: who, when, what came, what followed. */
  readonly trace: { readonly hub: HubId; readonly at: Millis; readonly event: HubEvent; readonly effects: Effect[] }[] =
    [];
  readonly replies = new Map<string, unknown>();
  /** These and the others hear nothing of each other, not even that a link closed. */
  island: ReadonlySet<HubId> = new Set();
  now: Millis = 1_000_000;
  readonly #federation: Federation;
  readonly #ends = new Map<LinkId, { readonly owner: HubId; readonly other: LinkId }>();
  #queue: Scheduled[] = [];
  #order = 0;
  #nextLink = 1;

  constructor(hubs: readonly WorldHub[]) {
    this.#federation = federationOf(hubs);
    for (const { id } of hubs) this.boot(id, EMPTY);
  }

  boot(id: HubId, stored: StoredState, seed = 7): Hub {
    const config = hubConfigOf(this.#federation, id, () => "http://hub.test");
    if (!config) throw new Error(`no hub ${id}`);
    const hub = new Hub({ config, stored, seed: seed + this.hubs.size, softwareVersion: "test" }, this.now);
    this.hubs.set(id, hub);
    this.#schedule(0, id, { kind: "start" });
    return hub;
  }

  /** A hub that nobody's configuration names, and that knows one of the others. */
  join({ id, region, tier, parent }: WorldHub, acquaintance: HubId): void {
    const template = this.hubs.get(acquaintance) as Hub;
    const hub = { ...template.self, hubId: id, region, tier, parent };
    const config = { ...template.config, hub, seeds: [template.self] };
    this.hubs.set(id, new Hub({ config, stored: EMPTY, seed: 99, softwareVersion: "test" }, this.now));
    this.#schedule(0, id, { kind: "start" });
  }

  ask(hub: HubId, id: string, request: Request): void {
    this.#schedule(0, hub, { kind: "requests", asked: [{ id, request }] });
  }

  /** The process ends: its sockets close, and who dials it is refused. */
  kill(id: HubId): void {
    this.hubs.delete(id);
    for (const [link, { owner, other }] of this.#ends) {
      if (owner !== id) continue;
      const end = this.#ends.get(other);
      if (end) this.#schedule(HOP_MS, end.owner, { kind: "link-closed", link: other });
      this.#ends.delete(link);
      this.#ends.delete(other);
    }
  }

  run(forMs: number): void {
    const until = this.now + forMs;
    for (;;) {
      this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#queue[0];
      if (!next || next.at > until) break;
      this.#queue.shift();
      this.now = next.at;
      this.#step(next.hub, next.event);
    }
    this.now = until;
  }

  #step(id: HubId, event: HubEvent): void {
    const effects = this.hubs.get(id)?.step(event, this.now) ?? [];
    this.trace.push({ hub: id, at: this.now, event, effects });
    for (const effect of effects) this.#carryOut(id, effect);
  }

  #carryOut(id: HubId, effect: Effect): void {
    switch (effect.kind) {
      case "send":
        return this.#toOtherEnd(effect.link, (link) => ({ kind: "frame", link, bytes: effect.bytes }));
      case "close-link":
        return this.#toOtherEnd(effect.link, (link) => ({ kind: "link-closed", link }));
      case "open-link":
        return this.#open(id, effect.peer);
      case "set-timer":
        return this.#schedule(effect.at - this.now, id, { kind: "timer", timer: effect.timer, token: effect.token });
      case "reply":
        this.replies.set(effect.id, effect.reply);
        return;
      case "check":
        return this.#schedule(HOP_MS, id, {
          kind: "checked",
          clusterId: effect.check.clusterId,
          token: effect.check.token,
          outcome: { kind: "answered", status: 200, latencyMs: HOP_MS },
        });
      case "persist":
      case "log":
        return;
    }
  }

  #open(dialler: HubId, peer: HubIdentity): void {
    if (this.#isCut(dialler, peer.hubId)) return;
    if (!this.hubs.has(peer.hubId)) {
      return this.#schedule(HOP_MS, dialler, { kind: "dial-failed", peer: peer.hubId, reason: "refused" });
    }
    const ours = this.#nextLink++;
    const theirs = this.#nextLink++;
    this.#ends.set(ours, { owner: dialler, other: theirs }).set(theirs, { owner: peer.hubId, other: ours });
    this.#schedule(HOP_MS, peer.hubId, { kind: "link-opened", link: theirs, peer: dialler, direction: "in" });
    this.#schedule(HOP_MS, dialler, { kind: "link-opened", link: ours, peer: peer.hubId, direction: "out" });
  }

  #toOtherEnd(link: LinkId, event: (link: LinkId) => HubEvent): void {
    const other = this.#ends.get(link)?.other;
    const end = other === undefined ? undefined : this.#ends.get(other);
    const owner = this.#ends.get(link)?.owner;
    if (end && other !== undefined && owner !== undefined && !this.#isCut(owner, end.owner))
      this.#schedule(HOP_MS, end.owner, event(other));
  }

  #isCut(a: HubId, b: HubId): boolean {
    return this.island.has(a) !== this.island.has(b);
  }

  #schedule(afterMs: number, hub: HubId, event: HubEvent): void {
    this.#queue.push({ at: this.now + Math.max(0, afterMs), order: this.#order++, hub, event });
  }
}

/** What storage would hold after these effects. */
export function storedAfter(effects: readonly Effect[]): StoredState {
  const storage = new Storage();
  storage.commit(effects.flatMap((effect) => (effect.kind === "persist" ? [effect.write] : [])));
  return storage.load();
}

function federationOf(hubs: readonly WorldHub[]): Federation {
  const regions = [...new Set(hubs.map(({ region }) => region))];
  const text = JSON.stringify({
    federation: { name: "test" },
    profile: "responsive",
    regions: regions.map((id, i) => ({
      id,
      coordinates: { latitude: 10 * i, longitude: 10 * i },
      location_hint: "weur",
    })),
    hubs: hubs.map(({ id, region, tier, parent }) => ({
      id,
      region,
      hub_tier: tier,
      ...(parent ? { parent_hub: parent } : {}),
    })),
  });
  const parsed = parseFederationFile(text, {});
  if (!parsed.ok) throw new Error(parsed.errors.map(({ message }) => message).join("; "));
  return parsed.value;
}
