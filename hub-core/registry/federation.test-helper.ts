/** Registries of a whole federation on virtual time: an oracle for membership, instant gossip, messages through the codec. */
import FlatQueue from "flatqueue";
import { Metrics } from "../common/metrics.ts";
import type { Check, CheckOutcome, Notice, Outbox, StoredOutcome, StoredWrite } from "../common/outbox.ts";
import { Random } from "../common/random.ts";
import { downGroupOf, type GroupId, type HubId, type HubIdentity, type Millis, upGroupOf } from "../common/types.ts";
import type { LimitsConfig, RegistryConfig } from "../config/hub-config.ts";
import type { MemberState, Rumor } from "../wire/catalog.ts";
import { decode, encode } from "../wire/codec.ts";
import { type Message, message as messageCodec } from "../wire/messages.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import type { Assign, Assigned } from "./assignments.ts";
import { testConfig } from "./planet.test-helper.ts";
import { NO_STATES } from "./records.test-helper.ts";
import { Registry } from "./registry.ts";

export interface WorldOptions {
  readonly hubs: readonly HubIdentity[];
  readonly registry?: Partial<RegistryConfig>;
  readonly limits?: Partial<LimitsConfig>;
  readonly seed?: number;
}

export interface Node {
  readonly identity: HubIdentity;
  registry: Registry;
  metrics: Metrics;
  up: boolean;
  frozen: boolean;
  /** Cut off from all that are not. */
  island: boolean;
  incarnation: number;
  seqCeiling: number;
  firstStartedAt: Millis | null;
  readonly stored: Map<string, Uint8Array>;
  readonly outcomes: Map<string, StoredOutcome>;
  readonly checks: Check[];
  readonly published: Rumor[];
  readonly dialling: Set<HubId>;
  readonly sent: Message[];
}

const LINK_MS = 5;
const MAX_DIALS = 16;
const DIAL_TIMEOUT_MS = 2_000;
const DETECTION_MS = 500;
const SUSPICION_MS = 1_000;
const SILENT_DEATH_MS = 4_000;
const REPAIR_MS = 1_000;
const CHECK_MS = 10;
/** Steps at one instant: more means that a deadline is never served. */
const MAX_STEPS_PER_INSTANT = 500_000;

export class World {
  readonly nodes = new Map<HubId, Node>();
  readonly #options: WorldOptions;
  readonly #queue = new FlatQueue<() => void>();
  now: Millis = 1_000_000;
  /** How a check of a cluster turns out. */
  outcome: (clusterId: string) => CheckOutcome = () => ({ kind: "answered", status: 200, latencyMs: CHECK_MS });

  constructor(options: WorldOptions) {
    this.#options = options;
    for (const identity of options.hubs) {
      const node = {
        identity,
        metrics: new Metrics(),
        up: false,
        frozen: false,
        island: false,
        incarnation: 0,
        seqCeiling: 0,
        firstStartedAt: null,
        stored: new Map(),
        outcomes: new Map(),
        checks: [],
        published: [],
        dialling: new Set<HubId>(),
        sent: [],
      };
      this.nodes.set(identity.hubId, Object.assign(node, { registry: this.#build(identity, node) }));
    }
    for (const id of this.nodes.keys()) this.start(id);
    this.#repairLater();
  }

  node(id: HubId): Node {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`no hub ${id}`);
    return node;
  }

  registry(id: HubId): Registry {
    return this.node(id).registry;
  }

  /** Registers a cluster at a hub that takes it. */
  register(hub: HubId, clusterId: string, more: object = {}): void {
    const cluster = { clusterId, endpoints: [{ url: `http://${clusterId}` }], services: [{ name: "web" }], ...more };
    const reply = this.registry(hub).request(
      { kind: "cluster-register", cluster, assigned: true },
      this.now,
      this.outbox(this.node(hub)),
    );
    if (!reply.ok) throw new Error(reply.problem.detail);
  }

  owners(seenBy: HubId, clusterIds: readonly string[]): Record<string, string | undefined> {
    const { catalog } = this.registry(seenBy);
    return Object.fromEntries(clusterIds.map((id) => [id, catalog.cluster(id)?.owner]));
  }

  kill(id: HubId, storage: "kept" | "lost" = "kept", to: MemberState = "failed"): void {
    const node = this.node(id);
    node.up = false;
    if (storage === "lost") {
      node.stored.clear();
      node.outcomes.clear();
      node.seqCeiling = 0;
      node.firstStartedAt = null;
    }
    for (const mate of this.#mates(id)) {
      const run = mate.registry;
      this.#later(DETECTION_MS, () => {
        if (!node.up && mate.registry === run) this.#tell(mate, node, to);
      });
    }
  }

  /** As a stopped process, its sockets open: suspected after a second, failed when a pause may no longer be that long. */
  freeze(id: HubId): void {
    const node = this.node(id);
    node.up = false;
    node.frozen = true;
    const tell = (to: MemberState) => () => {
      if (node.frozen) for (const mate of this.#mates(id)) this.#tell(mate, node, to);
    };
    this.#later(SUSPICION_MS, tell("suspect"));
    this.#later(SILENT_DEATH_MS, tell("failed"));
  }

  thaw(id: HubId): void {
    const node = this.node(id);
    node.up = true;
    node.frozen = false;
    for (const mate of this.#mates(id)) this.#tell(mate, node, "alive");
  }

  /** These hubs and the others neither hear nor reach each other, and give each other up. */
  cut(ids: readonly HubId[]): void {
    for (const id of ids) this.node(id).island = true;
    this.#later(SILENT_DEATH_MS, () => this.#tellAcross(ids, "failed", (id, mate) => !this.#joined(id, mate)));
  }

  heal(ids: readonly HubId[]): void {
    const across = ids.flatMap((id) => this.#mates(id).filter((mate) => !this.#joined(this.node(id), mate)));
    const was = new Set(across);
    for (const id of ids) this.node(id).island = false;
    this.#tellAcross(ids, "alive", (_, mate) => was.has(mate));
  }

  start(id: HubId): void {
    const node = this.node(id);
    node.incarnation += 1;
    node.firstStartedAt ??= this.now;
    node.up = true;
    node.frozen = false;
    node.registry = this.#build(node.identity, node);
    node.registry.start(this.now, this.outbox(node));
    for (const mate of this.#mates(id)) {
      this.#later(LINK_MS, () => this.#tell(mate, node, "alive"));
      this.#later(LINK_MS, () => {
        if (mate.up) this.#tell(node, mate, "alive");
        else if (this.#someoneKnows(id, mate.identity.hubId)) this.#tell(node, mate, "failed");
      });
    }
  }

  run(ms: number): void {
    const until = this.now + ms;
    let steps = 0;
    for (;;) {
      const [due, node] = this.#nextDeadline();
      const next = Math.min(this.#queue.peekValue() ?? Number.POSITIVE_INFINITY, due);
      if (next > until) break;
      steps = next > this.now ? 0 : steps + 1;
      if (steps > MAX_STEPS_PER_INSTANT) throw new Error(`busy at ${this.now}: ${node?.identity.hubId}`);
      this.now = Math.max(this.now, next);
      if (node && due <= next) node.registry.tick(this.now, this.outbox(node));
      else this.#queue.pop()?.();
    }
    this.now = until;
  }

  outbox(node: Node): Outbox {
    return {
      send: (to, message) => this.#send(node, to, message),
      connected: (to) => this.#reaches(node, to),
      dial: (to) => this.#visit(node, to),
      persist: (write) => persist(node, write),
      check: (check) => {
        node.checks.push(check);
        const { registry } = node;
        this.#later(CHECK_MS, () => {
          if (!node.up || node.registry !== registry) return;
          registry.checked(check.clusterId, check.token, this.outcome(check.clusterId), this.now, this.outbox(node));
        });
      },
      notify: (notice) => this.#spread(node, notice),
      log: () => {},
    };
  }

  #build(identity: HubIdentity, node: Omit<Node, "registry">): Registry {
    return new Registry({
      states: NO_STATES,
      replica: 1,
      self: identity,
      incarnation: node.incarnation,
      seqCeiling: node.seqCeiling,
      firstStartedAt: node.firstStartedAt ?? this.now,
      storedRecords: new Map(node.stored),
      storedOutcomes: new Map(node.outcomes),
      config: testConfig(identity, this.#options.registry, this.#options.limits),
      softwareVersion: "1.0.0",
      random: new Random((this.#options.seed ?? 1) + node.incarnation),
      metrics: node.metrics,
      reserveSeq: (upTo) => {
        node.seqCeiling = upTo;
      },
    });
  }

  #nextDeadline(): [Millis, Node | undefined] {
    let due = Number.POSITIVE_INFINITY;
    let first: Node | undefined;
    for (const node of this.nodes.values()) {
      if (!node.up || node.registry.nextDeadline() >= due) continue;
      due = node.registry.nextDeadline();
      first = node;
    }
    return [due, first];
  }

  #mates(id: HubId): Node[] {
    return [...this.nodes.values()].filter(({ identity }) => identity.hubId !== id && this.#group(id, identity.hubId));
  }

  /** Of a dead hub a returning one hears from a third in their group, or not at all. */
  #someoneKnows(id: HubId, dead: HubId): boolean {
    const group = this.#group(id, dead);
    return this.#mates(id).some((mate) => mate.up && this.#group(mate.identity.hubId, dead) === group);
  }

  /** The group that two hubs share. */
  #group(a: HubId, b: HubId): GroupId | undefined {
    const groups = (id: HubId) => [upGroupOf(this.node(id).identity), downGroupOf(this.node(id).identity)];
    return groups(a).find((group) => group !== null && groups(b).includes(group)) ?? undefined;
  }

  #joined(a: Node, b: Node): boolean {
    return a.island === b.island;
  }

  #reaches(node: Node, to: HubId): boolean {
    const other = this.node(to);
    return other.up && this.#joined(node, other) && this.#group(node.identity.hubId, to) !== undefined;
  }

  #tellAcross(ids: readonly HubId[], to: MemberState, of: (node: Node, mate: Node) => boolean): void {
    for (const node of ids.map((id) => this.node(id))) {
      for (const mate of this.#mates(node.identity.hubId).filter((each) => of(node, each))) {
        this.#tell(mate, node, to);
        this.#tell(node, mate, to);
      }
    }
  }

  #tell(node: Node, about: Node, to: MemberState): void {
    if (!node.up) return;
    const group = this.#group(node.identity.hubId, about.identity.hubId) ?? "";
    const { identity, incarnation } = about;
    const notice = { kind: "member-changed", group, hub: identity, incarnation, from: null, to } as const;
    node.registry.memberChanged(notice, this.now, this.outbox(node));
  }

  #send(from: Node, to: HubId, message: Message): boolean {
    if (!this.#reaches(from, to)) return false;
    from.sent.push(message);
    const bytes = encode(messageCodec, message, NEWEST_VERSION);
    this.#later(LINK_MS, () => {
      const node = this.node(to);
      const received = decode(messageCodec, bytes, NEWEST_VERSION);
      if (received instanceof Error) throw received;
      if (node.up)
        node.registry.receive(from.identity.hubId, received as Assign | Assigned, this.now, this.outbox(node));
    });
    return true;
  }

  /** At most so many dials at once, as the links have it; one that nobody answers takes its time to end. */
  #visit(from: Node, to: HubId): boolean {
    if (this.#group(from.identity.hubId, to)) return true;
    if (!from.dialling.has(to) && from.dialling.size >= MAX_DIALS) return false;
    from.dialling.add(to);
    const answers = () => !this.node(to).frozen && this.#joined(from, this.node(to));
    this.#later(LINK_MS, () => {
      if (!answers()) return;
      from.dialling.delete(to);
      if (from.up) from.registry.visited(to, this.node(to).up, this.now, this.outbox(from));
    });
    this.#later(DIAL_TIMEOUT_MS, () => from.dialling.delete(to));
    return true;
  }

  #spread(node: Node, notice: Notice): void {
    if (notice.kind !== "rumor-applied") return;
    node.published.push(notice.rumor);
    this.#push(node, notice.rumor.origin, notice.rumor.seq, null);
  }

  #push(node: Node, origin: HubId, seq: number, except: HubId | null): void {
    for (const mate of this.#mates(node.identity.hubId)) {
      if (mate.identity.hubId === except || !mate.up) continue;
      const group = this.#group(node.identity.hubId, mate.identity.hubId) ?? null;
      const rumor = node.registry.storeFor(group).get(origin, seq);
      if (rumor) this.#later(LINK_MS, () => this.#deliver(mate, node, group, rumor));
    }
  }

  #deliver(to: Node, from: Node, group: GroupId | null, rumor: Rumor): void {
    if (!to.up || !this.#joined(to, from)) return;
    if (to.registry.storeFor(group).apply(rumor, from.identity.hubId, this.now) !== "applied") return;
    to.registry.rumorsApplied(this.now, this.outbox(to));
    this.#push(to, rumor.origin, rumor.seq, from.identity.hubId);
  }

  /** Anti-entropy between all that share a group. */
  repair(): void {
    for (const node of this.nodes.values()) {
      if (!node.up) continue;
      for (const mate of this.#mates(node.identity.hubId))
        if (mate.up && this.#joined(node, mate)) this.#pull(node, mate);
    }
  }

  #pull(to: Node, from: Node): void {
    const group = this.#group(to.identity.hubId, from.identity.hubId) ?? null;
    const mine = to.registry.storeFor(group);
    const theirs = from.registry.storeFor(group);
    const have = mine.vector();
    for (const [origin, complete] of theirs.vector()) {
      const after = have.get(origin) ?? 0;
      if (complete <= after) continue;
      const { rumors, upTo } = theirs.changesSince(origin, after, Number.POSITIVE_INFINITY);
      for (const rumor of rumors) this.#deliver(to, from, group, rumor);
      mine.completeUpTo(origin, upTo);
    }
  }

  #repairLater(): void {
    this.#later(REPAIR_MS, () => {
      this.repair();
      this.#repairLater();
    });
  }

  #later(ms: number, action: () => void): void {
    this.#queue.push(action, this.now + ms);
  }
}

function persist(node: Node, write: StoredWrite): void {
  if (write.table === "outcome") {
    if (write.value) node.outcomes.set(write.key, write.value);
    else node.outcomes.delete(write.key);
  }
  if (write.table !== "record") return;
  if (write.bytes) node.stored.set(write.key, write.bytes);
  else node.stored.delete(write.key);
}
