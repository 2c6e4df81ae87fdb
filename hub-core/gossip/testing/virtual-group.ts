/**
 * One group of hubs on virtual time: real `Gossip` and `TestMessages` over links with delay, loss, duplication and
 * reordering. Every message goes through the wire's codec. For tests.
 */
import { Metrics } from "../../common/metrics.ts";
import type { Notice, Outbox } from "../../common/outbox.ts";
import { Random } from "../../common/random.ts";
import type { HubId, HubIdentity, Json, Millis } from "../../common/types.ts";
import type { GossipConfig } from "../../config/hub-config.ts";
import { type Rumor, recordKeys } from "../../wire/catalog.ts";
import { DecodeError, decode, encode } from "../../wire/codec.ts";
import { receiptMessages } from "../../wire/gossip-messages.ts";
import { type Message, message as messageCodec } from "../../wire/messages.ts";
import { NEWEST_VERSION } from "../../wire/versions.ts";
import { Gossip } from "../gossip.ts";
import type { GossipMessage, ReceiptMessage } from "../messages.ts";
import { TEST_MESSAGE_TTL_MS, TestMessages } from "../test-messages.ts";
import { MemoryStore } from "./memory-store.ts";

export const testConfig: GossipConfig = {
  intervalMs: 1_000,
  fanout: 3,
  strategy: "hybrid",
  mode: "push_pull",
  maxMessageBytes: 65_536,
  compression: false,
  batchSize: 10,
  hopLimit: 16,
  coalesceMs: 3,
  antiEntropyIntervalMs: 10_000,
  maxInFlightBytes: 262_144,
};

export interface Weather {
  /** One way, in milliseconds. */
  delay(from: HubId, to: HubId): number;
  lost(from: HubId, to: HubId): boolean;
  duplicated(from: HubId, to: HubId): boolean;
}

export interface Traffic {
  readonly at: Millis;
  readonly from: HubId;
  readonly to: HubId;
  readonly message: Message;
  readonly bytes: number;
}

interface Scheduled {
  readonly at: Millis;
  readonly order: number;
  readonly run: () => void;
}

export interface GroupOptions {
  readonly size: number;
  readonly seed?: number;
  readonly config?: Partial<GossipConfig>;
  readonly maxQueued?: number;
  readonly weather?: Partial<Weather>;
  readonly onTraffic?: (traffic: Traffic) => void;
}

export function hubName(index: number): HubId {
  return `hub-${String(index).padStart(2, "0")}`;
}

function identity(hubId: HubId, index: number): HubIdentity {
  const region = `region-${index % 5}`;
  return {
    hubId,
    tier: "local",
    region,
    coordinates: { latitude: 0, longitude: 0 },
    parent: null,
    address: `http://${hubId}`,
  };
}

export class VirtualHub implements Outbox {
  readonly self: HubIdentity;
  readonly store = new MemoryStore();
  readonly metrics = new Metrics();
  readonly gossip: Gossip;
  readonly tests: TestMessages;
  readonly notices: Notice[] = [];
  readonly group: VirtualGroup;
  alive = true;
  #seq = 0;

  constructor(group: VirtualGroup, index: number, seed: number, config: GossipConfig, maxQueued: number) {
    this.group = group;
    this.self = identity(hubName(index), index);
    const random = new Random(seed + index);
    const { self, store, metrics } = this;
    this.gossip = new Gossip({ group: "group", self, config, maxQueued, store, random, metrics });
    this.tests = new TestMessages({ self, random, limit: 100, resendMs: config.intervalMs });
  }

  get id(): HubId {
    return this.self.hubId;
  }

  /** A change of this hub, by default a small bulk record whose size is `padding` plus a few dozen bytes. */
  publish(
    key: string,
    options: { priority?: Rumor["priority"]; padding?: number; expiresAt?: Millis; skip?: number } = {},
  ): Rumor {
    this.#seq += 1 + (options.skip ?? 0);
    const rumor: Rumor = {
      origin: this.id,
      seq: this.#seq,
      key,
      priority: options.priority ?? "normal",
      expiresAt: options.expiresAt ?? null,
      body: {
        kind: "test",
        messageId: `${this.id}-${this.#seq}`,
        payload: "x".repeat(options.padding ?? 0),
        startedAt: this.group.now,
      },
    };
    this.#spread(rumor);
    return rumor;
  }

  startTest(payload: Json, expected: readonly HubId[]): string {
    const { messageId, record } = this.tests.start(payload, expected, this.group.now);
    this.#seq += 1;
    const expiresAt = this.group.now + TEST_MESSAGE_TTL_MS;
    this.#spread({
      origin: this.id,
      seq: this.#seq,
      key: recordKeys.test(messageId),
      priority: "normal",
      expiresAt,
      body: record,
    });
    return messageId;
  }

  #spread(rumor: Rumor): void {
    this.store.write(rumor);
    this.gossip.publish(rumor, 0, null, this.group.now, this);
    this.group.settle(this);
  }

  send(to: HubId, message: Message): boolean {
    return this.group.transmit(this.id, to, message);
  }
  connected(to: HubId): boolean {
    return this.group.linked(this.id, to);
  }
  notify(notice: Notice): void {
    this.notices.push(notice);
    if (notice.kind === "rumor-applied" && notice.rumor.key.startsWith("test/"))
      this.tests.applied(notice.rumor, notice.from, notice.hops, this.group.now, this);
  }
  dial(): boolean {
    return true;
  }
  persist(): void {}
  check(): void {}
  log(): void {}
}

export class VirtualGroup {
  readonly hubs: readonly VirtualHub[];
  now: Millis = 1_000_000;
  readonly #weather: Weather;
  readonly #onTraffic: (traffic: Traffic) => void;
  readonly #links = new Set<string>();
  readonly #agenda: Scheduled[] = [];
  #order = 0;
  readonly #timers = new Map<HubId, Millis>();

  constructor({ size, seed = 1, config = {}, maxQueued = 10_000, weather = {}, onTraffic = () => {} }: GroupOptions) {
    this.#weather = { delay: () => 1, lost: () => false, duplicated: () => false, ...weather };
    this.#onTraffic = onTraffic;
    const merged = { ...testConfig, ...config };
    this.hubs = Array.from({ length: size }, (_, i) => new VirtualHub(this, i, seed * 1_000, merged, maxQueued));
  }

  hub(index: number): VirtualHub {
    const hub = this.hubs[index];
    if (!hub) throw new Error(`no hub ${index}`);
    return hub;
  }

  byId(id: HubId): VirtualHub {
    return this.hub(Number(id.slice(4)));
  }

  linked(a: HubId, b: HubId): boolean {
    return this.#links.has(`${a} ${b}`);
  }

  link(a: number, b: number): void {
    const [x, y] = [this.hub(a), this.hub(b)];
    if (a === b || this.linked(x.id, y.id)) return;
    this.#links.add(`${x.id} ${y.id}`).add(`${y.id} ${x.id}`);
    for (const [one, other] of [
      [x, y],
      [y, x],
    ] as const) {
      const rttMs = this.#weather.delay(one.id, other.id) + this.#weather.delay(other.id, one.id);
      one.gossip.peerUp({ hubId: other.id, region: other.self.region, rttMs }, this.now, one);
      one.tests.peerUp(other.id);
      this.settle(one);
    }
  }

  cut(a: number, b: number): void {
    const [x, y] = [this.hub(a), this.hub(b)];
    if (!this.linked(x.id, y.id)) return;
    this.#links.delete(`${x.id} ${y.id}`);
    this.#links.delete(`${y.id} ${x.id}`);
    for (const [one, other] of [
      [x, y],
      [y, x],
    ] as const) {
      if (!one.alive) continue;
      one.gossip.peerDown(other.id, this.now, one);
      one.tests.peerDown(other.id, this.now);
      this.settle(one);
    }
  }

  kill(index: number): void {
    this.hub(index).alive = false;
    for (let other = 0; other < this.hubs.length; other++) this.cut(index, other);
  }

  linksOf(index: number): number[] {
    return this.hubs.flatMap(({ id }, other) => (this.linked(this.hub(index).id, id) ? [other] : []));
  }

  /** A ring with chords: connected, and of small bounded degree, as membership weaves it. */
  weave(members: readonly number[], degree: number, random: Random): void {
    members.forEach((member, at) => {
      const next = members[(at + 1) % members.length];
      if (next !== undefined) this.link(member, next);
    });
    for (let tries = 0; tries < members.length * degree * 4; tries++) {
      const [a, b] = [random.pick(members), random.pick(members)];
      if (a === undefined || b === undefined) continue;
      if (this.linksOf(a).length < degree && this.linksOf(b).length < degree) this.link(a, b);
    }
  }

  transmit(from: HubId, to: HubId, message: Message): boolean {
    if (!this.linked(from, to)) return false;
    const bytes = encode(messageCodec, message, NEWEST_VERSION);
    this.#onTraffic({ at: this.now, from, to, message, bytes: bytes.length });
    if (this.#weather.lost(from, to)) return true;
    const copies = this.#weather.duplicated(from, to) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#schedule(this.now + this.#weather.delay(from, to), () => this.#deliver(from, to, bytes));
    }
    return true;
  }

  #deliver(from: HubId, to: HubId, bytes: Uint8Array): void {
    const hub = this.byId(to);
    if (!hub.alive || !this.linked(from, to)) return;
    const message = decode(messageCodec, bytes, NEWEST_VERSION);
    if (message instanceof DecodeError) throw message;
    if (message.kind in receiptMessages) hub.tests.receive(from, message as ReceiptMessage, this.now, hub);
    else hub.gossip.receive(from, message as GossipMessage, this.now, hub);
    this.settle(hub);
  }

  /** What is due at once is done in the same step; for the rest a timer is armed. */
  settle(hub: VirtualHub): void {
    for (const machine of [hub.gossip, hub.tests]) if (machine.nextDeadline() <= this.now) machine.tick(this.now, hub);
    const next = Math.min(hub.gossip.nextDeadline(), hub.tests.nextDeadline());
    if (next === Number.POSITIVE_INFINITY || this.#timers.get(hub.id) === next) return;
    this.#timers.set(hub.id, next);
    this.#schedule(next, () => {
      if (!hub.alive || this.#timers.get(hub.id) !== next) return;
      this.#timers.delete(hub.id);
      this.settle(hub);
    });
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (let next = this.#agenda[0]; next && next.at <= end; next = this.#agenda[0]) {
      this.#pop();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = end;
  }

  runUntil(done: () => boolean, limitMs: number): boolean {
    const end = this.now + limitMs;
    while (!done()) {
      const next = this.#agenda[0];
      if (!next || next.at > end) return false;
      this.#pop();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    return true;
  }

  #schedule(at: Millis, run: () => void): void {
    const entry = { at, order: this.#order++, run };
    let low = 0;
    let high = this.#agenda.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#agenda[middle];
      if (other && other.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#agenda.splice(low, 0, entry);
  }

  #pop(): void {
    this.#agenda.shift();
  }
}
