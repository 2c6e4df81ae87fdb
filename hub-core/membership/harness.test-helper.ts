/** A group of members on virtual time: latency, loss, cuts, freezes and crashes. Frames go through the real codec. */
import FlatQueue from "flatqueue";
import { Metrics } from "../common/metrics.ts";
import type { Notice, Outbox } from "../common/outbox.ts";
import { Random } from "../common/random.ts";
import type { DurationMs, HubId, HubIdentity, Millis } from "../common/types.ts";
import type { MembershipConfig } from "../config/hub-config.ts";
import type { MemberState } from "../wire/catalog.ts";
import { decode, encode } from "../wire/codec.ts";
import { type Message, message } from "../wire/messages.ts";
import { Membership, type MembershipMessage } from "./membership.ts";

export const RESPONSIVE: MembershipConfig = {
  probeIntervalMs: 500,
  probeTimeoutMs: 500,
  suspicionTimeoutMs: 2_000,
  pauseToleranceMs: 3_000,
  indirectProbes: 3,
  retransmitMultiplier: 4,
  reclaimAfterMs: 86_400_000,
  redialIntervalMs: 500,
};

export const ECONOMY: MembershipConfig = {
  ...RESPONSIVE,
  probeIntervalMs: 10_000,
  probeTimeoutMs: 5_000,
  suspicionTimeoutMs: 60_000,
  pauseToleranceMs: 30_000,
  redialIntervalMs: 10_000,
};

/** Frame header and WebSocket framing. */
const FRAME_OVERHEAD_BYTES = 7;
const LINGER_MS = 5_000;
const PROTOCOL_VERSION = 1;

export interface WorldOptions {
  readonly hubs: number;
  readonly seed: number;
  readonly config?: MembershipConfig;
  readonly maxNeighbours?: number;
  /** One way. */
  readonly latencyMs?: (from: number, to: number) => DurationMs;
  readonly loss?: number;
  readonly dialTimeoutMs?: DurationMs;
  readonly capacity?: number;
}

export interface Change {
  readonly at: Millis;
  readonly seenBy: HubId;
  readonly hub: HubId;
  readonly to: MemberState;
}

interface Node {
  readonly index: number;
  readonly hub: HubIdentity;
  membership: Membership;
  metrics: Metrics;
  incarnation: number;
  instance: number;
  /** Peer to when it became unwanted, if it is. */
  readonly links: Map<HubId, Millis | null>;
  running: boolean;
  frozenUntil: Millis;
  armedAt: Millis;
  outgoing: Map<HubId, Message[]>;
}

export class World {
  readonly nodes: Node[] = [];
  readonly changes: Change[] = [];
  readonly notices: Notice[] = [];
  now: Millis = 1_000_000;
  loss: number;
  bytesSent = 0;
  framesSent = 0;
  readonly #byId = new Map<HubId, Node>();
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #queue = new FlatQueue<number>();
  readonly #events = new Map<number, () => void>();
  #nextEvent = 0;
  #isCut: (a: number, b: number) => boolean = () => false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.loss = options.loss ?? 0;
    this.#random = new Random(options.seed);
    for (let index = 0; index < options.hubs; index++) this.#add(index);
  }

  id(index: number): HubId {
    return `hub-${String(index).padStart(3, "0")}`;
  }

  node(index: number): Node {
    const node = this.nodes[index];
    if (!node) throw new Error(`no hub ${index}`);
    return node;
  }

  /** Starts all; each knows hub 0 and its predecessor. */
  startAll(): void {
    for (const node of this.nodes) this.start(node.index);
  }

  start(index: number): void {
    const node = this.node(index);
    node.running = true;
    node.incarnation += 1;
    node.instance = this.#random.uint32();
    node.metrics = new Metrics();
    node.membership = this.#membershipOf(node);
    this.#step(node, (out) => node.membership.start(this.#seedsOf(index), this.now, out));
  }

  /** With `close`, peers see their sockets close and dials are refused; else it is just silent. */
  crash(index: number, how: "close" | "silent"): void {
    const node = this.node(index);
    node.running = false;
    const peers = [...node.links.keys()];
    node.links.clear();
    if (how === "silent") {
      this.#silent.add(index);
      return;
    }
    for (const id of peers) {
      const peer = this.#peer(id);
      this.#after(this.#latency(index, peer.index), () => this.#closed(peer, node.hub.hubId, false));
    }
  }

  freeze(index: number, forMs: DurationMs): void {
    this.node(index).frozenUntil = this.now + forMs;
  }

  cut(isCut: (a: number, b: number) => boolean): void {
    this.#isCut = isCut;
  }

  leave(index: number): void {
    const node = this.node(index);
    this.#step(node, (out) => node.membership.leave(this.now, out));
  }

  run(forMs: DurationMs, until: () => boolean = () => false): boolean {
    const end = this.now + forMs;
    for (;;) {
      if (until()) return true;
      const at = this.#queue.peekValue();
      if (at === undefined || at > end) break;
      const event = this.#queue.pop() as number;
      this.now = Math.max(this.now, at);
      const action = this.#events.get(event);
      this.#events.delete(event);
      action?.();
    }
    this.now = end;
    return until();
  }

  /** All running hubs see exactly the running hubs as alive. */
  agreed(): boolean {
    const running = this.nodes.filter((node) => node.running);
    return running.every((node) => {
      const { alive, joining, suspect } = node.membership.counts();
      return (
        alive === running.length &&
        joining + suspect === 0 &&
        running.every((other) => node.membership.member(other.hub.hubId)?.state === "alive")
      );
    });
  }

  seenEverywhereAs(index: number, state: MemberState): boolean {
    return this.nodes.every(
      (node) => !node.running || node.index === index || node.membership.member(this.id(index))?.state === state,
    );
  }

  total(metric: string, labels: Record<string, string> = {}): number {
    return this.nodes.reduce((sum, node) => sum + node.metrics.value(metric, labels), 0);
  }

  // ── The network ────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly #silent = new Set<number>();

  #dial(from: Node, to: HubId): boolean {
    const target = this.#byId.get(to);
    if (!target) return false;
    if (from.links.has(to)) return true;
    const roundTrip = 2 * this.#latency(from.index, target.index);
    if (this.#isCut(from.index, target.index) || this.#silent.has(target.index) || target.frozenUntil > this.now) {
      this.#after(this.#options.dialTimeoutMs ?? 1_000, () =>
        this.#step(from, (out) => from.membership.dialFailed(to, "timeout", this.now, out)),
      );
    } else if (!target.running) {
      this.#after(roundTrip, () => this.#step(from, (out) => from.membership.dialFailed(to, "refused", this.now, out)));
    } else this.#after(roundTrip, () => this.#opened(from, target));
    return true;
  }

  #opened(from: Node, to: Node): void {
    if (!from.running || !to.running || from.links.has(to.hub.hubId)) return;
    if (this.#isCut(from.index, to.index)) return;
    from.links.set(to.hub.hubId, null);
    to.links.set(from.hub.hubId, null);
    this.#greet(from, to);
    this.#greet(to, from);
  }

  #greet(node: Node, peer: Node): void {
    const { hub, instance } = peer;
    this.#step(node, (out) =>
      node.membership.linkOpened(
        { hub: hub, incarnation: peer.incarnation, instance: instance, standsIn: null },
        this.now,
        out,
      ),
    );
  }

  #closed(node: Node, peer: HubId, expected: boolean): void {
    if (!node.links.delete(peer)) return;
    this.#step(node, (out) => node.membership.linkClosed(peer, expected, this.now, out));
  }

  #send(from: Node, to: HubId, messages: readonly Message[]): void {
    const target = this.#peer(to);
    const frames = messages.map((each) => encode(message, each, PROTOCOL_VERSION));
    this.framesSent += 1;
    this.bytesSent += frames.reduce((sum, bytes) => sum + bytes.length, FRAME_OVERHEAD_BYTES);
    if (this.#isCut(from.index, target.index) || this.#random.float() < this.loss) return;
    this.#after(this.#latency(from.index, target.index), () => {
      if (!target.links.has(from.hub.hubId)) return;
      this.#step(target, (out) => {
        for (const bytes of frames) {
          const received = decode(message, bytes, PROTOCOL_VERSION);
          if (received instanceof Error) throw received;
          target.membership.receive(from.hub.hubId, received as MembershipMessage, this.now, out);
        }
      });
    });
  }

  // ── One hub ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #step(node: Node, act: (out: Outbox) => void): void {
    if (!node.running) return;
    if (node.frozenUntil > this.now) {
      this.#after(node.frozenUntil - this.now, () => this.#step(node, act));
      return;
    }
    node.outgoing = new Map();
    act(this.#outboxOf(node));
    for (const [to, messages] of node.outgoing) this.#send(node, to, messages);
    this.#weave(node);
    this.#arm(node);
  }

  /** Lower ids dial what the overlay wants; unwanted links linger, and are closed with a goodbye. */
  #weave(node: Node): void {
    const wanted = new Set(node.membership.neighbours());
    for (const peer of wanted) {
      if (!node.links.has(peer)) {
        if (node.hub.hubId < peer && !this.#dialling.has(`${node.index} ${peer}`)) this.#dialOnce(node, peer);
      } else node.links.set(peer, null);
    }
    for (const [peer, since] of node.links) {
      if (wanted.has(peer) || since !== null) continue;
      const unwantedAt = this.now;
      node.links.set(peer, unwantedAt);
      this.#after(LINGER_MS, () => {
        if (node.links.get(peer) !== unwantedAt) return;
        if (this.#peer(peer).membership.neighbours().includes(node.hub.hubId)) return;
        this.#closed(node, peer, true);
        this.#closed(this.#peer(peer), node.hub.hubId, true);
      });
    }
  }

  readonly #dialling = new Set<string>();

  #dialOnce(node: Node, peer: HubId): void {
    const key = `${node.index} ${peer}`;
    this.#dialling.add(key);
    this.#after(1_000, () => this.#dialling.delete(key));
    this.#dial(node, peer);
  }

  #arm(node: Node): void {
    const at = node.membership.nextDeadline();
    if (at === Number.POSITIVE_INFINITY || (node.armedAt <= at && node.armedAt > this.now)) return;
    node.armedAt = Math.max(at, this.now);
    const armedAt = node.armedAt;
    this.#after(armedAt - this.now, () => {
      if (node.armedAt !== armedAt) return;
      node.armedAt = Number.POSITIVE_INFINITY;
      this.#step(node, (out) => {
        if (node.membership.nextDeadline() <= this.now) node.membership.tick(this.now, out);
      });
    });
  }

  #outboxOf(node: Node): Outbox {
    return {
      send: (to, sent) => {
        if (!node.links.has(to)) return false;
        const queued = node.outgoing.get(to) ?? [];
        queued.push(sent);
        node.outgoing.set(to, queued);
        return true;
      },
      connected: (to) => node.links.has(to),
      dial: (to) => this.#dial(node, to),
      persist: () => undefined,
      check: () => undefined,
      notify: (notice) => {
        this.notices.push(notice);
        if (notice.kind !== "member-changed") return;
        this.changes.push({ at: this.now, seenBy: node.hub.hubId, hub: notice.hub.hubId, to: notice.to });
      },
      log: () => undefined,
    };
  }

  #add(index: number): void {
    const hub: HubIdentity = {
      hubId: this.id(index),
      tier: index === 0 ? "regional" : "local",
      region: "us-east",
      coordinates: { latitude: 40 + (index % 7), longitude: -74 + (index % 11) },
      parent: index === 0 ? "global-hub-001" : this.id(0),
      address: `https://hub-${index}.example`,
    };
    const metrics = new Metrics();
    const node = { index, hub, metrics, incarnation: 0, instance: 0, links: new Map(), running: false, frozenUntil: 0 };
    const whole: Node = Object.assign(node, {
      armedAt: Number.POSITIVE_INFINITY,
      outgoing: new Map<HubId, Message[]>(),
      membership: this.#membershipOf({ ...node }),
    });
    this.nodes.push(whole);
    this.#byId.set(hub.hubId, whole);
  }

  #seedsOf(index: number): HubIdentity[] {
    return [0, index - 1].filter((i) => i >= 0 && i !== index).map((i) => this.node(i).hub);
  }

  #membershipOf(node: Pick<Node, "hub" | "incarnation" | "instance" | "metrics" | "index">): Membership {
    return new Membership({
      group: "us-east",
      self: node.hub,
      standsIn: null,
      meets: () => true,
      seeds: new Set(this.#seedsOf(node.index).map(({ hubId }) => hubId)),
      incarnation: node.incarnation,
      instance: node.instance,
      capacity: this.#options.capacity ?? 1_000,
      config: this.#options.config ?? RESPONSIVE,
      maxNeighbours: this.#options.maxNeighbours ?? 8,
      raiseIncarnation: (atLeast) => {
        const whole = this.node(node.index);
        whole.incarnation = Math.max(atLeast, whole.incarnation + 1);
        return whole.incarnation;
      },
      random: new Random(this.#options.seed * 1_000 + node.index),
      metrics: node.metrics,
    });
  }

  #peer(id: HubId): Node {
    const node = this.#byId.get(id);
    if (!node) throw new Error(`no hub ${id}`);
    return node;
  }

  #latency(from: number, to: number): DurationMs {
    const base = this.#options.latencyMs?.(from, to) ?? 2;
    return base * (1 + 0.1 * this.#random.float());
  }

  #after(delayMs: DurationMs, action: () => void): void {
    const event = this.#nextEvent++;
    this.#events.set(event, action);
    this.#queue.push(event, this.now + delayMs);
  }
}
