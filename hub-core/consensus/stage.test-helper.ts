/** A few hubs with real `Consensus` on virtual time, what they say to each other, and what becomes of it, to be read. */
import { Metrics } from "../common/metrics.ts";
import type { Reply } from "../common/problem.ts";
import { Random } from "../common/random.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { MemberState } from "../wire/catalog.ts";
import type { Configuration } from "../wire/log.ts";
import type { Message } from "../wire/messages.ts";
import { Disk, GROUP, TestOutbox, TIMING } from "./consensus.test-helper.ts";
import { Consensus } from "./consensus.ts";
import { freshState } from "./group-state.test-helper.ts";
import type { ConsensusMessage } from "./raft/index.ts";
import type { GroupRequest } from "./requests.ts";
import type { RosterMember } from "./roster.ts";
import { told, toldConfiguration } from "./told.test-helper.ts";

export interface Player {
  readonly id: HubId;
  disk: Disk;
  /** 0: nobody has heard of it. */
  replica: number;
  incarnation: number;
  region: string;
  state: MemberState;
  stateSince: Millis;
  draining: boolean;
  /** Null while it is down. */
  consensus: Consensus | null;
}

export interface StageOptions {
  readonly hubs: readonly HubId[];
  /** The configured coordinator; default: none of them. */
  readonly parent?: HubId;
  readonly seed?: number;
  readonly threshold?: number;
  readonly disks?: Readonly<Record<HubId, Disk>>;
  readonly latency?: (from: HubId, to: HubId) => DurationMs;
  readonly regions?: Readonly<Record<HubId, string>>;
}

const timeOf = (line = ""): number => Number.parseInt(line, 10);

interface Look {
  readonly role: string;
  readonly term: number;
  readonly commit: number;
  readonly quiet: boolean;
  readonly of: Configuration;
}

interface Event {
  readonly at: Millis;
  readonly order: number;
  readonly run: () => void;
}

export class Stage {
  readonly players = new Map<HubId, Player>();
  readonly lines: string[] = [];
  readonly replies = new Map<string, Reply>();
  readonly cut = new Set<string>();
  /** True: that message is lost. */
  lose: (from: HubId, to: HubId, message: Message) => boolean = () => false;
  now: Millis = 0;
  readonly #options: StageOptions;
  #events: Event[] = [];
  #order = 0;
  #chapter = 0;
  #asked = 0;

  constructor(options: StageOptions) {
    this.#options = options;
    options.hubs.forEach((id) => {
      this.players.set(id, {
        id,
        disk: options.disks?.[id] ?? new Disk(),
        replica: 1,
        incarnation: 0,
        region: options.regions?.[id] ?? id,
        state: "alive",
        stateSince: 0,
        draining: false,
        consensus: null,
      });
    });
  }

  // ── What happens ───────────────────────────────────────────────────────────────────────────────────────────────────

  begin(title: string): void {
    if (this.lines.length > 0) this.lines.push("");
    this.lines.push(`# ${title}`);
    this.#chapter = this.now;
  }

  /** What is said again and again with each heartbeat is told once. */
  get story(): string {
    const story: string[] = [];
    let lately = new Set<string>();
    for (const line of this.lines) {
      const said = line.slice(line.indexOf("ms  "));
      if (line.startsWith("#")) lately = new Set();
      const again = / (heartbeat|have) /.test(said) && lately.has(said);
      if (!again) story.push(line);
      else if (story.at(-1) !== "       ..." && timeOf(line) - timeOf(story.at(-1)) > 50) story.push("       ...");
      lately.add(said);
    }
    return `${story.join("\n")}\n`;
  }

  start(...ids: HubId[]): void {
    for (const id of ids.length > 0 ? ids : this.players.keys()) {
      const player = this.player(id);
      player.incarnation += 1;
      player.consensus = this.#open(player);
      this.step(id, (consensus, out) => consensus.start(this.now, out));
    }
    for (const id of ids.length > 0 ? ids : this.players.keys()) this.#acquaint(id);
    this.rosterChanged();
  }

  /** Membership tells a hub that starts who is there. */
  #acquaint(id: HubId): void {
    for (const other of this.players.values()) {
      if (other.id === id || !other.consensus || other.state !== "alive") continue;
      this.step(id, (consensus, out) => consensus.doubt(other.id, false, this.now, out));
    }
  }

  /** Nothing that it has not persisted is left, and what is on its way to it is lost. */
  stop(...ids: HubId[]): void {
    for (const id of ids) {
      this.player(id).consensus = null;
      this.#say(id, "is down");
    }
  }

  /** With an empty disk: another replica of that name. */
  loseDisk(id: HubId): void {
    const player = this.player(id);
    player.consensus = null;
    player.disk = new Disk();
    player.replica += 1;
    this.#say(id, "has lost its disk");
  }

  /** Membership of everyone says so. */
  judge(id: HubId, state: MemberState): void {
    const player = this.player(id);
    player.state = state;
    player.stateSince = this.now;
    for (const other of this.players.keys()) {
      if (other !== id) this.step(other, (consensus, out) => consensus.doubt(id, state !== "alive", this.now, out));
    }
    this.rosterChanged();
  }

  rosterChanged(): void {
    for (const id of this.players.keys()) this.step(id, (consensus, out) => consensus.rosterChanged(this.now, out));
  }

  /** Both ways; no link, and no news of it. */
  part(...pairs: (readonly [HubId, HubId])[]): void {
    for (const [a, b] of pairs) this.cut.add(`${a} ${b}`).add(`${b} ${a}`);
  }

  join(): void {
    this.cut.clear();
  }

  /** @returns the name under which it is answered. */
  ask(at: HubId, request: GroupRequest): string {
    this.#asked += 1;
    const name = `r${this.#asked}`;
    this.step(at, (consensus, out) => {
      consensus.request(name, request, this.now, out);
      consensus.settle(this.now, out);
    });
    return name;
  }

  put(at: HubId, key: string, value: string | number = key): string {
    return this.ask(at, { kind: "state-put", group: GROUP, key, value });
  }

  read(at: HubId, key: string): string {
    return this.ask(at, { kind: "state-get", group: GROUP, key, consistency: "linearizable" });
  }

  run(ms: DurationMs): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.#next();
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.#advance();
    }
    this.now = until;
  }

  /** @returns whether it came to be, in time. */
  runUntil(when: () => boolean, ms: DurationMs = 30_000): boolean {
    const until = this.now + ms;
    while (!when()) {
      const next = this.#next();
      if (next > until) return false;
      this.now = Math.max(this.now, next);
      this.#advance();
    }
    return true;
  }

  // ── What is ────────────────────────────────────────────────────────────────────────────────────────────────────────

  player(id: HubId): Player {
    const player = this.players.get(id);
    if (!player) throw new Error(`nobody is called ${id}`);
    return player;
  }

  of(id: HubId): Consensus {
    const { consensus } = this.player(id);
    if (!consensus) throw new Error(`${id} is down`);
    return consensus;
  }

  get leaders(): HubId[] {
    return [...this.players.values()].filter(({ consensus }) => consensus?.raft.leadership).map(({ id }) => id);
  }

  configurationAt(id: HubId): Configuration {
    return this.of(id).raft.state.configuration;
  }

  get votersNow(): HubId[] {
    return this.configurationAt(this.leaders[0] as HubId).voters.map(({ hubId }) => hubId);
  }

  get isSilent(): boolean {
    return this.#next() === Number.POSITIVE_INFINITY;
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  step(id: HubId, act: (consensus: Consensus, out: TestOutbox) => void): void {
    const player = this.player(id);
    const { consensus } = player;
    if (!consensus) return;
    const before = this.#look(consensus);
    const out = new TestOutbox(player.disk);
    for (const other of this.players.keys()) if (this.cut.has(`${id} ${other}`)) out.cutOff.add(other);
    act(consensus, out);
    const said = new Map<string, HubId[]>();
    for (const { to, message } of out.sent) {
      const lost = this.lose(id, to, message);
      this.#carry(id, to, message, lost);
      const line = `${told(message)}${lost ? "   (lost)" : ""}`;
      said.set(line, [...(said.get(line) ?? []), to]);
    }
    this.#tellChanges(id, before, this.#look(consensus));
    for (const [line, to] of said) this.#say(`${id} > ${to.join(" ")}`, line);
    for (const [name, reply] of out.replies) {
      this.replies.set(name, reply);
      this.#say(id, `answers ${name}: ${reply.ok ? reply.status : `${reply.problem.status} ${reply.problem.code}`}`);
    }
    for (const event of out.logged) if (/unreadable|contradicted|second/.test(event)) this.#say(id, event);
    if (consensus.takeLineageNews()) this.#at(this.now + 10, () => this.rosterChanged());
  }

  #carry(from: HubId, to: HubId, message: Message, lost: boolean): void {
    const receiver = this.players.get(to)?.consensus;
    if (lost || !receiver) return;
    this.#at(this.now + (this.#options.latency?.(from, to) ?? 10), () => {
      if (this.players.get(to)?.consensus !== receiver) return;
      this.step(to, (consensus, out) => consensus.receive(from, message as ConsensusMessage, this.now, out));
    });
  }

  #look({ raft }: Consensus): Look {
    const { state } = raft;
    return { role: raft.role.kind, term: state.term, commit: state.commit, quiet: raft.quiet, of: state.configuration };
  }

  #tellChanges(id: HubId, before: Look, after: Look): void {
    if (before.role !== after.role && after.role !== "candidate") {
      const what = after.role === "leader" ? "leads" : before.role === "leader" ? "leads no more," : "stands no more,";
      this.#say(id, `${what} term ${after.term}`);
    }
    if (before.of !== after.of) this.#say(id, toldConfiguration(after.of));
    if (before.commit !== after.commit) this.#say(id, `commits ${after.commit}`);
    if (!before.quiet && after.quiet) this.#say(id, "falls silent");
  }

  #say(who: string, what: string): void {
    const at = String(Math.round(this.now - this.#chapter)).padStart(6);
    this.lines.push(`${at} ms  ${who.padEnd(10)} ${what}`);
  }

  #at(at: Millis, run: () => void): void {
    this.#order += 1;
    this.#events.push({ at, order: this.#order, run });
  }

  #next(): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#events) next = Math.min(next, at);
    for (const { consensus } of this.players.values()) next = Math.min(next, consensus?.nextDeadline() ?? next);
    return next;
  }

  /** What is due now. Whoever asks to be woken for what it then does not do is found out. */
  #advance(): void {
    const due = this.#events.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at || a.order - b.order);
    this.#events = this.#events.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
    for (const { id, consensus } of this.players.values()) {
      // Who wakes from silence speaks at once: once more, and not again and again.
      for (let again = 0; consensus && consensus.nextDeadline() <= this.now; again++) {
        if (again === 3)
          throw new Error(`${id} wants to be woken at ${consensus.nextDeadline()}, and it is ${this.now}`);
        this.step(id, (one, out) => one.tick(this.now, out));
      }
    }
  }

  #open({ id, disk, replica, incarnation }: Player): Consensus {
    const { hubs, parent = "none", seed = 1, threshold = 0.5 } = this.#options;
    return new Consensus({
      group: GROUP,
      self: id,
      parent,
      expected: hubs,
      replica,
      incarnation,
      stored: disk.vote.lineage === 0 ? undefined : disk.copy().load(),
      state: freshState(),
      config: { threshold, proposalTimeoutMs: 5_000, maxProposals: () => 100 },
      timing: TIMING,
      members: () => this.#members(),
      random: new Random(seed * 1_000 + hubs.indexOf(id) * 10 + incarnation),
      metrics: new Metrics(),
    });
  }

  #members(): RosterMember[] {
    return [...this.players.values()].map(({ id, region, replica, state, stateSince, draining, disk }) => {
      const isParent = id === this.#options.parent;
      const lineage = replica === 0 ? null : disk.vote.lineage;
      return { hubId: id, region, isParent, replica, lineage, state, stateSince, draining };
    });
  }
}
