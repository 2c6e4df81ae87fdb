/** A whole federation in one process on virtual time: hubs, their network, their databases, and what befalls them. */

import type { Check, StoredWrite } from "../../hub-core/common/outbox.ts";
import type { Reply } from "../../hub-core/common/problem.ts";
import { hash32, Random } from "../../hub-core/common/random.ts";
import { type DurationMs, type GroupId, type HubId, type Millis, unreachable } from "../../hub-core/common/types.ts";
import type { CheckOutcome, Effect, HubEvent } from "../../hub-core/hub/contract.ts";
import type { Request } from "../../hub-core/hub/requests.ts";
import type { MemberState } from "../../hub-core/wire/catalog.ts";
import { CheckSlots } from "./check-slots.ts";
import { VirtualClock } from "./clock/virtual-clock.ts";
import type { Insight, Machine, MachineKind, ReplicaView, Usage, Versions } from "./machine.ts";
import { Marks } from "./marks.ts";
import { planetDelay } from "./network/latency.ts";
import { Network } from "./network/network.ts";
import { Paths } from "./network/paths.ts";
import { type Departure, describeDeparture, describeEvent, Runner, type Surroundings } from "./runner.ts";
import { type DeathKind, SimHub } from "./sim-hub.ts";
import type { Topology } from "./topology.ts";
import { Trace } from "./trace.ts";

/** 2027-01-15T08:00:00Z: an ordinary day. */
export const EPOCH: Millis = 1_800_000_000_000;

export type StepWatcher = (
  hub: SimHub,
  event: HubEvent,
  effects: readonly Effect[],
  durable: readonly StoredWrite[],
) => void;

export interface WorldOptions<M extends Machine> {
  readonly seed: number;
  readonly topology: Topology;
  readonly kind: MachineKind<M>;
  readonly trace?: Trace;
  /** One-way delay between two hubs; default: the planet's. */
  readonly delay?: typeof planetDelay;
}

export class World<M extends Machine = Machine> implements Surroundings {
  readonly seed: number;
  readonly clock = new VirtualClock(EPOCH);
  readonly hubs: readonly SimHub[];
  readonly network: Network;
  readonly trace: Trace;
  readonly marks = new Marks();
  readonly runner: Runner;
  /** Answers health checks; the population replaces it. */
  answerCheck: (hub: SimHub, check: Check) => { after: DurationMs; outcome: CheckOutcome } = () => ({
    after: 1,
    outcome: { kind: "refused" },
  });
  readonly watchers: StepWatcher[] = [];
  readonly #kind: MachineKind<M>;
  readonly #byId: ReadonlyMap<HubId, SimHub>;
  readonly #asked = new Map<string, (reply: Reply) => void>();
  #questions = 0;
  #timers = 0;

  constructor(options: WorldOptions<M>) {
    this.seed = options.seed;
    this.#kind = options.kind;
    this.trace = options.trace ?? new Trace();
    this.hubs = options.topology.hubs.map((config, index) => new SimHub(index, config.hub, config));
    this.#byId = new Map(this.hubs.map((hub) => [hub.id, hub]));
    const delay = options.delay ?? planetDelay;
    this.network = new Network({
      clock: this.clock,
      random: this.random("network"),
      paths: new Paths(this.hubs, (from, to) => delay(from.identity, to.identity)),
      hubs: this.hubs,
      deliver: (hub, run, event) => this.deliver(hub, run, event),
    });
    this.runner = new Runner(this, this.marks);
  }

  /** Virtual time since the beginning. */
  get elapsed(): DurationMs {
    return this.clock.now - EPOCH;
  }

  /** A stream of its own for each purpose, so that one more draw here changes nothing there. */
  random(purpose: string): Random {
    return new Random(hash32(purpose, this.seed) + 0x1_0000_0000 * (this.seed % 0x1f_ffff));
  }

  hub(id: HubId): SimHub | undefined {
    return this.#byId.get(id);
  }

  inspect(hub: SimHub): Insight | null {
    // Every machine in this world was made by its kind.
    return hub.machine ? this.#kind.inspect(hub.machine as M) : null;
  }

  /** What `observer` takes `subject` for. */
  opinion(observer: SimHub, subject: SimHub): MemberState | undefined {
    return observer.machine ? this.#kind.opinion(observer.machine as M, subject.id) : undefined;
  }

  gossip(hub: SimHub): { readonly received: number; readonly duplicates: number } {
    return hub.machine ? this.#kind.gossip(hub.machine as M) : { received: 0, duplicates: 0 };
  }

  versions(hub: SimHub): Versions | null {
    return hub.machine ? this.#kind.versions(hub.machine as M) : null;
  }

  usage(hub: SimHub): readonly Usage[] {
    return hub.machine ? this.#kind.usage(hub.machine as M) : [];
  }

  /** Its consensus, group by group; none while it is dead. */
  replicas(hub: SimHub): readonly ReplicaView[] {
    return hub.machine ? this.#kind.replicas(hub.machine as M) : [];
  }

  relayed(hub: SimHub): number {
    return hub.machine ? this.#kind.relayed(hub.machine as M) : 0;
  }

  proposal(hub: SimHub, group: GroupId, proposalId: string): unknown {
    return hub.machine ? this.#kind.proposal(hub.machine as M, group, proposalId) : undefined;
  }

  run(span: DurationMs): void {
    this.clock.runUntil(this.clock.now + span);
  }

  /** Notes what the world does to itself. */
  note(who: string, what: string, detail: string | number = ""): void {
    this.trace.add(this.elapsed, who, what, detail);
  }

  // ── Processes ──────────────────────────────────────────────────────────────────────────────────────────────────────

  start(hub: SimHub): void {
    if (hub.machine) throw new Error(`${hub.id} runs already`);
    hub.run += 1;
    hub.death = null;
    hub.frozenUntil = 0;
    hub.crashPoint = null;
    hub.lastStepAt = this.hubNow(hub);
    const { run } = hub;
    hub.checks = new CheckSlots((check, ended) => this.#check(hub, run, check, ended));
    hub.machine = this.#kind.create(
      {
        config: hub.config,
        stored: hub.storage.load(),
        seed: hash32(`${hub.id}/${hub.run}`, this.seed),
        softwareVersion: "1.0.0",
        protocolVersion: hub.protocolVersion,
      },
      hub.lastStepAt,
    );
    this.note(hub.id, "starts", hub.run);
    this.deliver(hub, hub.run, { kind: "start" });
  }

  kill(hub: SimHub, kind: DeathKind): void {
    if (!hub.machine) return;
    this.note(hub.id, "dies", kind);
    this.#clear(hub);
    hub.death = { at: this.clock.now, kind };
    this.network.abandon(hub, kind === "process");
  }

  /** The object is thrown out of memory and comes back at once; sockets that the runtime accepted for it live on. */
  evict(hub: SimHub): void {
    if (!hub.machine) return;
    this.note(hub.id, "is evicted");
    this.#clear(hub);
    for (const end of [...hub.ends.values()]) if (end.direction === "out") this.network.close(hub, end.link);
    this.start(hub);
    for (const end of this.network.adopt(hub)) {
      this.deliver(hub, hub.run, { kind: "link-opened", link: end.link, peer: end.peer.hub.id, direction: "in" });
    }
  }

  /** Nothing is handled until then; what arrives waits. */
  freeze(hub: SimHub, span: DurationMs): void {
    if (!hub.machine) return;
    this.note(hub.id, "freezes", span);
    hub.frozenUntil = Math.max(hub.frozenUntil, this.clock.now + span);
    const { run } = hub;
    this.clock.at(hub.frozenUntil, () => {
      if (hub.run === run && this.clock.now >= hub.frozenUntil) this.thaw(hub);
    });
  }

  /** Handles what waited, in order. */
  thaw(hub: SimHub): void {
    if (!hub.machine) return;
    this.note(hub.id, "thaws");
    hub.frozenUntil = this.clock.now;
    const { run } = hub;
    for (const event of hub.inbox.splice(0)) this.deliver(hub, run, event);
  }

  jumpClock(hub: SimHub, ahead: DurationMs): void {
    this.note(hub.id, "clock jumps", ahead);
    hub.skewMs += ahead;
    // What the clock has passed is due; the rest comes that much sooner.
    for (const [name, timer] of [...hub.timers]) this.#schedule(hub, name, timer.token, timer.at - ahead);
  }

  /** Fires a hub's armed timers `count` times, whatever their time. */
  refire(hub: SimHub, count: number): void {
    const armed = [...hub.timers];
    for (let i = 0; i < count; i++) {
      for (const [timer, { token }] of armed) this.deliver(hub, hub.run, { kind: "timer", timer, token });
    }
  }

  /** Moves a hub's armed timers to later. */
  delayTimers(hub: SimHub, by: DurationMs): void {
    for (const [name, timer] of [...hub.timers]) this.#schedule(hub, name, timer.token, timer.at + by);
  }

  // ── Events in ──────────────────────────────────────────────────────────────────────────────────────────────────────

  deliver(hub: SimHub, run: number, event: HubEvent): void {
    if (hub.run !== run || !hub.machine) return;
    if (this.clock.now < hub.frozenUntil || hub.inbox.length > 0) {
      hub.inbox.push(event);
      return;
    }
    if (hub.slowMs > 0 && event.kind !== "start") {
      this.clock.after(hub.slowMs, () => this.#handle(hub, run, event));
      return;
    }
    this.#handle(hub, run, event);
  }

  /** Asks a hub; `answered` hears the reply, unless the hub dies first. */
  ask(hub: SimHub, request: Request, answered: (reply: Reply) => void): void {
    this.#questions += 1;
    const id = `q${this.#questions}`;
    this.#asked.set(id, answered);
    this.deliver(hub, hub.run, { kind: "requests", asked: [{ id, request }] });
  }

  // ── What the runner needs ──────────────────────────────────────────────────────────────────────────────────────────

  hubNow(hub: SimHub): Millis {
    return Math.floor(this.clock.now + hub.skewMs);
  }

  depart(hub: SimHub, effect: Departure): void {
    this.trace.add(
      this.elapsed,
      hub.id,
      effect.kind,
      describeDeparture(effect),
      effect.kind === "send" ? effect.bytes : null,
    );
    switch (effect.kind) {
      case "send":
        return this.network.send(hub, effect.link, effect.bytes);
      case "open-link":
        return this.network.dial(hub, effect.peer.hubId, effect.timeoutMs);
      case "close-link":
        return this.network.close(hub, effect.link);
      case "check":
        return hub.checks?.submit(effect.check);
      case "reply": {
        const answered = this.#asked.get(effect.id);
        this.#asked.delete(effect.id);
        // Not within the step: whoever hears it may ask again.
        if (answered) this.clock.after(0, () => answered(effect.reply));
        return;
      }
      default:
        return unreachable(effect);
    }
  }

  arm(hub: SimHub, { timer, at, token }: Extract<Effect, { kind: "set-timer" }>): void {
    // Whole milliseconds, as timers have: none fires before its time.
    this.#schedule(hub, timer, token, Math.ceil(at) - hub.skewMs);
  }

  die(hub: SimHub): void {
    this.kill(hub, "process");
  }

  stepped(hub: SimHub, event: HubEvent, effects: readonly Effect[], durable: readonly StoredWrite[]): void {
    for (const watch of this.watchers) watch(hub, event, effects, durable);
  }

  #handle(hub: SimHub, run: number, event: HubEvent): void {
    if (hub.run !== run || !hub.machine) return;
    const frame = event.kind === "frame" ? event.bytes : null;
    this.trace.add(this.elapsed, hub.id, `<- ${event.kind}`, describeEvent(event), frame);
    this.runner.step(hub, event);
  }

  #schedule(hub: SimHub, name: string, token: number, at: Millis): void {
    this.#timers += 1;
    const order = this.#timers;
    const { run } = hub;
    hub.timers.set(name, { token, at, order });
    this.clock.at(at, () => {
      if (hub.run !== run || hub.timers.get(name)?.order !== order) return;
      hub.timers.delete(name);
      this.deliver(hub, run, { kind: "timer", timer: name, token });
    });
  }

  #check(hub: SimHub, run: number, check: Check, ended: (report: () => void) => void): void {
    const { after, outcome } = this.answerCheck(hub, check);
    const { clusterId, token } = check;
    this.clock.after(after, () => {
      if (hub.run === run) ended(() => this.deliver(hub, run, { kind: "checked", clusterId, token, outcome }));
    });
  }

  #clear(hub: SimHub): void {
    hub.machine = null;
    hub.run += 1;
    hub.timers.clear();
    hub.inbox.length = 0;
    hub.crashPoint = null;
  }
}
