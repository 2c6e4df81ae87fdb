/** Eventual states of several hubs, and logs that carry their words: in order or not, twice, late, or never. */
import type { CatalogView, HubView } from "../../common/catalog-view.ts";
import { Metrics } from "../../common/metrics.ts";
import type { Outbox } from "../../common/outbox.ts";
import type { Reply } from "../../common/problem.ts";
import type { HubId, Millis } from "../../common/types.ts";
import type { HubConfig, StateConfig } from "../../config/hub-config.ts";
import { resolveSettings } from "../../config/resolve-settings.ts";
import type { HubRecord, MemberState, RecordBody, Rumor } from "../../wire/catalog.ts";
import { rumor as rumorCodec } from "../../wire/catalog.ts";
import { decode, encode } from "../../wire/codec.ts";
import { NEWEST_VERSION } from "../../wire/versions.ts";
import type { Conflict, EventualOp, EventualValue, StateRequest } from "../requests.ts";
import { EventualState } from "./eventual-state.ts";

export interface Node {
  readonly id: HubId;
  readonly metrics: Metrics;
  readonly logs: string[];
  replica: number;
  /** Its clock less the world's. */
  skewMs: number;
  state: EventualState;
  /** Newest word of each key by `origin|key`: its own are stored, the others not. */
  records: Map<string, Rumor>;
  /** What others take it for, and since when. */
  standing: MemberState | "unknown";
  since: Millis;
}

export class StateWorld {
  now: Millis = 1_000_000_000;
  readonly nodes = new Map<HubId, Node>();
  /** Words do not cross between these and the others. */
  island = new Set<HubId>();
  /** False: nobody passes on what another said, as between logs that seem equal. */
  relays = true;
  #seq = 0;
  #version = 0;
  readonly #config: Partial<StateConfig>;

  constructor(ids: readonly HubId[], config: Partial<StateConfig> = {}) {
    this.#config = config;
    for (const [i, id] of ids.entries()) this.#build(id, i + 1);
  }

  node(id: HubId): Node {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`no hub ${id}`);
    return node;
  }

  ask(id: HubId, request: StateRequest): Reply {
    return this.node(id).state.request(request, this.#clockOf(id), this.#outbox(id));
  }

  put(id: HubId, key: string, op: EventualOp): Reply {
    return this.ask(id, { kind: "state-eventual-put", key, op });
  }

  add(id: HubId, key: string, ...values: string[]): Reply {
    return this.put(id, key, { type: "set", op: "add", values });
  }

  count(id: HubId, key: string, by: number): Reply {
    return this.put(id, key, { type: "counter", op: by < 0 ? "decrement" : "increment", by: Math.abs(by) });
  }

  remove(id: HubId, key: string): Reply {
    return this.ask(id, { kind: "state-eventual-delete", key });
  }

  read(id: HubId, key: string): EventualValue | undefined {
    return this.node(id).state.read(key);
  }

  values(key: string): unknown[] {
    return [...this.nodes.keys()].map((id) => this.read(id, key)?.value);
  }

  conflicts(id: HubId): readonly Conflict[] {
    const reply = this.ask(id, { kind: "state-conflicts" });
    return reply.ok ? (reply.value as { conflicts: Conflict[] }).conflicts : [];
  }

  /** Everyone hears everything it may, in an order drawn by `shuffle`. */
  spread(shuffle: (rumors: Rumor[]) => Rumor[] = (rumors) => rumors): void {
    const all = [...this.nodes.values()].flatMap(({ id, records }) =>
      [...records.values()].filter(({ origin }) => this.relays || origin === id),
    );
    for (const to of this.nodes.values()) {
      for (const rumor of shuffle([...all])) this.deliver(to.id, rumor);
    }
  }

  /** One word, by way of its bytes. */
  deliver(to: HubId, rumor: Rumor): "applied" | "stale" | "refused" {
    const node = this.node(to);
    const known = node.records.get(`${rumor.origin}|${rumor.key}`);
    if (rumor.origin === to || this.island.has(to) !== this.island.has(rumor.origin)) return "stale";
    if (known && known.seq >= rumor.seq) return "stale";
    const read = decode(rumorCodec, encode(rumorCodec, rumor, NEWEST_VERSION), NEWEST_VERSION);
    if (read instanceof Error) throw read;
    if (!node.state.admits(read, this.#clockOf(to))) return "refused";
    node.records.set(`${rumor.origin}|${rumor.key}`, read);
    node.state.changed(rumor.origin, rumor.key, read.body, this.#clockOf(to));
    return "applied";
  }

  /** Time passes in steps; everyone ticks and hears. */
  run(forMs: number, stepMs = 1_000): void {
    for (let left = forMs; left > 0; left -= stepMs) {
      this.now += Math.min(stepMs, left);
      for (const { id, state, standing } of this.nodes.values()) {
        if (standing === "failed" || standing === "left") continue;
        if (state.nextDeadline() <= this.#clockOf(id)) state.tick(this.#clockOf(id), this.#outbox(id));
      }
      this.spread();
    }
  }

  stands(id: HubId, standing: Node["standing"]): void {
    Object.assign(this.node(id), { standing, since: this.now });
    this.#version += 1;
  }

  /** A new run: with its own words alone, or with nothing. */
  restart(id: HubId, storage: "kept" | "lost", awayTooLong = false): void {
    const { records, replica } = this.node(id);
    const own = [...records.values()].filter(({ origin }) => origin === id && storage === "kept");
    const node = this.#build(id, storage === "kept" ? replica : replica + 100);
    for (const rumor of own) {
      node.records.set(`${id}|${rumor.key}`, rumor);
      node.state.changed(id, rumor.key, rumor.body, this.now);
    }
    if (awayTooLong) node.state.awayTooLong(this.now, this.#outbox(id));
    this.#version += 1;
  }

  /** What others still have of the hub's log comes back to it, and it says it again (REG-12). */
  echo(id: HubId): void {
    const own = this.node(id).records;
    for (const { records } of [...this.nodes.values()]) {
      for (const rumor of [...records.values()])
        if (rumor.origin === id && !own.has(`${id}|${rumor.key}`)) this.sayAgain(id, rumor);
    }
  }

  sayAgain(id: HubId, rumor: Rumor | undefined): void {
    if (rumor?.body.kind !== "state") return;
    const { key, body, priority, expiresAt } = rumor;
    this.#publish(id, { key, body: { ...body, saidIn: this.node(id).replica }, priority, expiresAt }, this.now);
  }

  /** The hub's log is gone from everyone else's store. */
  collect(origin: HubId): void {
    for (const node of this.nodes.values()) {
      if (node.id === origin) continue;
      for (const [place, rumor] of [...node.records]) {
        if (rumor.origin !== origin) continue;
        node.records.delete(place);
        node.state.changed(origin, rumor.key, null, this.now);
      }
    }
  }

  /** Words that are still said, by whom. */
  words(key: string): { readonly origin: HubId; readonly onBehalf: boolean }[] {
    return [...this.nodes.values()].flatMap(({ id, records }) =>
      [...records.values()].flatMap(({ origin, key: recordKey, body }) =>
        origin === id && body.kind === "state" && body.contribution !== null && recordKey.endsWith(`/${key}`)
          ? [{ origin, onBehalf: !recordKey.startsWith(`state/${body.saidIn.toString(36)}/`) }]
          : [],
      ),
    );
  }

  #build(id: HubId, replica: number): Node {
    const metrics = new Metrics();
    const settings = resolveSettings({}, null);
    const config = {
      ...settings,
      hub: this.#view(id),
      seeds: [],
      above: [],
      state: { ...settings.state, ...this.#config },
    } satisfies HubConfig & { profile: unknown };
    const state = new EventualState({
      self: id,
      replica,
      config,
      metrics,
      expected: [...this.nodes.keys()].filter((other) => other !== id),
      catalog: this.#catalog(),
      publish: (key, body, priority, expiresAt, now) => this.#publish(id, { key, body, priority, expiresAt }, now),
    });
    const node: Node = {
      id,
      metrics,
      logs: [],
      replica,
      skewMs: this.nodes.get(id)?.skewMs ?? 0,
      state,
      records: new Map(),
      standing: "alive",
      since: this.now,
    };
    this.nodes.set(id, node);
    return node;
  }

  #publish(origin: HubId, said: Pick<Rumor, "key" | "priority" | "expiresAt"> & { body: RecordBody }, now: Millis) {
    this.#seq += 1;
    const node = this.node(origin);
    node.records.set(`${origin}|${said.key}`, { origin, seq: this.#seq, ...said });
    node.state.changed(origin, said.key, said.body, now);
    return true;
  }

  #clockOf(id: HubId): Millis {
    return this.now + this.node(id).skewMs;
  }

  #catalog(): CatalogView {
    const world = this;
    const known = () => [...world.nodes.values()].filter(({ standing }) => standing !== "unknown");
    return {
      get networkVersion() {
        return world.#version;
      },
      hubs: () => known().map(({ id }) => world.#view(id)),
      hub: (id: HubId) => (known().some((node) => node.id === id) ? world.#view(id) : undefined),
      hubSince: (id: HubId) => world.nodes.get(id)?.since ?? 0,
    } as unknown as CatalogView;
  }

  #view(hubId: HubId): HubView {
    const standing = this.nodes.get(hubId)?.standing ?? "alive";
    return {
      hubId,
      tier: "local",
      region: "r",
      coordinates: { latitude: 0, longitude: 0 },
      parent: "p",
      address: "",
      state: standing === "unknown" ? "alive" : standing,
      incarnation: 1,
      record: { replica: this.nodes.get(hubId)?.replica ?? 0 } as HubRecord,
    };
  }

  #outbox(id: HubId): Outbox {
    return {
      send: () => true,
      connected: () => true,
      dial: () => true,
      persist: () => {},
      check: () => {},
      notify: () => {},
      log: (_level, event) => this.node(id).logs.push(event),
    };
  }
}
