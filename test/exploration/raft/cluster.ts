/** A few replicas of one group and what is on its way between them, as a machine that can be explored. */
import type { HubId } from "../../../hub-core/common/types.ts";
import { type Configuration, type Entry, encodeEntry, type Replica } from "../../../hub-core/wire/log.ts";
import type { Machine, Successor } from "../machine.ts";
import { HUBS, type Renaming } from "./canonical.ts";
import { type Carried, isSpent } from "./messages.ts";
import { type History, judge, NOTHING_YET } from "./promises.ts";
import { type Outcome, type ReplicaEvent, type ReplicaState, Replicas } from "./replicas.ts";
import type { Scenario } from "./scenarios.ts";

/** How often something may still happen. */
export interface Left {
  readonly proposals: number;
  readonly changes: number;
  readonly crashes: number;
  readonly duplicates: number;
  readonly heartbeats: number;
  readonly transfers: number;
  readonly timeouts: number;
}

export interface Cluster {
  readonly replicas: readonly ReplicaState[];
  /** Numbers of messages, in order; what is never delivered was lost. */
  readonly network: readonly number[];
  readonly left: Left;
  readonly history: History;
  readonly broken: readonly string[];
}

export class RaftGroup implements Machine<Cluster> {
  readonly replicas: Replicas;
  readonly #scenario: Scenario;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.replicas = new Replicas(scenario.renamings);
  }

  get initial(): Cluster[] {
    const scenario = this.#scenario;
    const voters = scenario.beginning.flatMap(({ log }, at) => (log.length > 0 ? [memberOf(at)] : []));
    const configuration = { voters, outgoing: null, learners: [], threshold: 500_000 };
    const replicas = scenario.beginning.map(({ term, votedFor, log }, at) => {
      const entries = log.map((of, place) => ({
        index: place + 1,
        bytes: encodeEntry(entryAt(place, of, configuration)),
      }));
      const candidate = votedFor === null ? null : { hubId: votedFor, replica: 1 };
      const vote = { lineage: log.length > 0 ? 1 : 0, term, votedFor: candidate };
      return this.replicas.starting(memberOf(at).hubId, { vote, snapshot: null, entries, commit: 0 });
    });
    const { proposals, crashes, duplicates, heartbeats, transfers, timeouts } = scenario;
    const changes = { none: 0, add: 2, remove: 1, shrink: 1 }[scenario.change];
    const left = { proposals, changes, crashes, duplicates, heartbeats, transfers, timeouts };
    return [{ replicas, network: [], left, history: NOTHING_YET, broken: [] }];
  }

  *successors(cluster: Cluster): Iterable<Successor<Cluster>> {
    for (const { self } of cluster.replicas) {
      yield* this.#ofLeader(cluster, self);
      yield* this.#ofOthers(cluster, self);
      if (cluster.left.crashes > 0)
        yield* this.#step(cluster, self, { kind: "restart" }, `${self} starts again`, { crashes: -1 });
    }
    yield* this.#deliveries(cluster);
  }

  /** The least over all renamings: of the replicas first, for that decides nearly always. */
  key({ replicas, network, left, history }: Cluster): string {
    const { messages } = this.replicas;
    let least = "";
    let candidates: number[] = [];
    for (const [which, renaming] of this.#scenario.renamings.entries()) {
      let text = "";
      for (const place of inverse(renaming)) {
        const replica = replicas[place];
        if (replica) text += inTwo(replica.texts[which] as number);
      }
      if (candidates.length > 0 && text > least) continue;
      if (text < least || candidates.length === 0) candidates = [];
      least = text;
      candidates.push(which);
    }
    let rest = "";
    for (const which of candidates) {
      const texts = network.map((number) => messages.at(number).texts[which] as number).sort((a, b) => a - b);
      const renaming = this.#scenario.renamings[which] as Renaming;
      const text = history.key(this.replicas, which, renaming) + texts.map(inTwo).join("");
      if (rest === "" || text < rest) rest = text;
    }
    return least + Object.values(left).map(inTwo).join("") + rest;
  }

  violations({ broken }: Cluster): readonly string[] {
    return broken;
  }

  // ── What can happen ──────────────────────────────────────────────────────────────────────────────────────────────────

  *#ofLeader(cluster: Cluster, self: HubId): Iterable<Successor<Cluster>> {
    const { left } = cluster;
    const { view } = this.#of(cluster, self);
    if (view.role !== "leader") return;
    if (left.heartbeats > 0 && view.deadline)
      yield* this.#step(cluster, self, { kind: "time-out" }, `${self} heartbeat`, { heartbeats: -1 });
    if (left.proposals > 0 && view.mayPropose) {
      const number = this.#scenario.proposals - left.proposals + 1;
      for (const proposer of this.#proposers(cluster, self)) {
        const event = { kind: "propose", proposer, number } as const;
        yield* this.#step(cluster, self, event, `${self} takes command ${number} of ${proposer}`, { proposals: -1 });
      }
    }
    const next = left.changes > 0 && !view.changing ? this.#nextConfiguration(view.configuration) : null;
    if (next) {
      const event = { kind: "configure", configuration: next } as const;
      if (this.#does(cluster, self, event))
        yield* this.#step(cluster, self, event, `${self} changes the configuration`, { changes: -1 });
    }
    if (left.transfers > 0) {
      for (const { self: to } of cluster.replicas) {
        const event = { kind: "transfer", to } as const;
        if (this.#does(cluster, self, event))
          yield* this.#step(cluster, self, event, `${self} hands over to ${to}`, { transfers: -1 });
      }
    }
  }

  *#ofOthers(cluster: Cluster, self: HubId): Iterable<Successor<Cluster>> {
    const { view } = this.#of(cluster, self);
    if (view.role === "leader" || !view.deadline) return;
    const atOnce = this.#scenario.preVote === "at-once";
    if (view.term < this.#scenario.lastTerm) {
      if (atOnce) yield* this.#stand(cluster, self);
      else if (cluster.left.timeouts > 0)
        yield* this.#step(cluster, self, { kind: "time-out" }, `${self} times out`, { timeouts: -1 });
    }
    if (!atOnce && view.leader !== null && view.hearsLeader)
      yield* this.#step(cluster, self, { kind: "silence" }, `${self} hears nothing for long`);
  }

  *#deliveries(cluster: Cluster): Iterable<Successor<Cluster>> {
    const { network, left } = cluster;
    for (const [at, number] of network.entries()) {
      if (number === network[at - 1]) continue;
      const carried = this.replicas.messages.at(number);
      if (this.#wouldStandTooLate(cluster, carried)) continue;
      const event = { kind: "receive", carried } as const;
      yield* this.#step({ ...cluster, network: network.toSpliced(at, 1) }, carried.to, event, carried.said);
      if (left.duplicates > 0)
        yield* this.#step(cluster, carried.to, event, `${carried.said} (and once more)`, { duplicates: -1 });
    }
  }

  #wouldStandTooLate(cluster: Cluster, { to, message }: Carried): boolean {
    const { term } = this.#of(cluster, to).view;
    if (message.kind === "raft-timeout-now") return Math.max(term, message.term) >= this.#scenario.lastTerm;
    return false;
  }

  /** Asks others whether they would elect it, as few of them as it takes, who have not heard their leader for long; and stands. */
  *#stand(cluster: Cluster, self: HubId): Iterable<Successor<Cluster>> {
    const asks = this.replicas.after(this.#of(cluster, self), { kind: "time-out" });
    if (asks.to.view.role !== "pre-candidate") {
      yield* this.#settle(cluster, [asks], `${self} stands`);
      return;
    }
    yield* this.#ask(cluster, self, asks, asks.sent, [asks], `${self} stands, asked`);
  }

  *#ask(
    cluster: Cluster,
    self: HubId,
    before: Outcome,
    questions: readonly Carried[],
    done: readonly Outcome[],
    said: string,
  ): Iterable<Successor<Cluster>> {
    for (const [at, question] of questions.entries()) {
      const silent = this.#silenced(this.#of(cluster, question.to));
      const asked = this.replicas.after(silent, { kind: "receive", carried: question });
      const answer = asked.sent.find(({ message }) => message.kind === "raft-voted" && message.granted);
      if (!answer) continue;
      const after = this.replicas.after(before.to, { kind: "receive", carried: answer });
      const so = `${said} ${question.to}`;
      const steps = [...done, { ...asked, sent: [] }, after];
      if (after.to.view.role === "pre-candidate")
        yield* this.#ask(cluster, self, after, questions.slice(at + 1), steps, so);
      else yield* this.#settle(cluster, steps, so);
    }
  }

  #silenced(state: ReplicaState): ReplicaState {
    const { role, hearsLeader, leader } = state.view;
    return role !== "leader" && hearsLeader && leader !== null
      ? this.replicas.after(state, { kind: "silence" }).to
      : state;
  }

  #proposers(cluster: Cluster, leader: HubId): HubId[] {
    if (this.#scenario.proposer === "leader") return [leader];
    return cluster.replicas.filter(({ self, view }) => self !== leader && view.isVoter).map(({ self }) => self);
  }

  /** As `nextConfiguration` of the roster would have it. */
  #nextConfiguration(present: Configuration): Configuration | null {
    const { voters, learners, threshold } = present;
    const joint = (next: readonly Replica[]): Configuration => ({
      voters: [...next],
      outgoing: voters,
      learners: [],
      threshold,
    });
    const newcomer = memberOf(3);
    switch (this.#scenario.change) {
      case "none":
        return null;
      case "remove":
        return joint(voters.slice(0, 2));
      case "shrink":
        return joint(voters.slice(0, 1));
      case "add":
        if (voters.some(({ hubId }) => hubId === newcomer.hubId)) return null;
        return learners.length === 0 ? { ...present, learners: [newcomer] } : joint([...voters, newcomer]);
    }
  }

  // ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #of(cluster: Cluster, hub: HubId): ReplicaState {
    return cluster.replicas[placeOf(hub)] as ReplicaState;
  }

  #does(cluster: Cluster, self: HubId, event: ReplicaEvent): boolean {
    const before = this.#of(cluster, self);
    return this.replicas.after(before, event).to !== before;
  }

  #step(
    cluster: Cluster,
    self: HubId,
    event: ReplicaEvent,
    action: string,
    spent: Partial<Left> = {},
  ): Successor<Cluster>[] {
    const outcome = this.replicas.after(this.#of(cluster, self), event);
    return this.#settle(cluster, [outcome], action, spent);
  }

  /** One action, in which several may have done something; once for each way in which too full a link may lose something. */
  #settle(
    before: Cluster,
    outcomes: readonly Outcome[],
    action: string,
    spent: Partial<Left> = {},
  ): Successor<Cluster>[] {
    const replicas = [...before.replicas];
    const broken: string[] = [];
    const sent: number[] = [];
    for (const outcome of outcomes) {
      replicas[placeOf(outcome.to.self)] = outcome.to;
      for (const { number, message } of outcome.sent)
        if (message.kind !== "raft-vote" || !message.pre || this.#scenario.preVote !== "at-once") sent.push(number);
      broken.push(...outcome.broken);
    }
    const { history, broken: promises } = judge(this.replicas, replicas, before.history);
    broken.push(...promises);
    let { left } = before;
    for (const [kind, by] of Object.entries(spent)) left = { ...left, [kind]: left[kind as keyof Left] + by };
    return this.#networks(before.network, sent, replicas).map((network) => {
      const state = { replicas, network, left, history, broken };
      return { action, state };
    });
  }

  /** What may be on its way, with `sent`. */
  #networks(before: readonly number[], sent: readonly number[], replicas: readonly ReplicaState[]): number[][] {
    const { messages } = this.replicas;
    const live = (number: number): boolean => {
      const carried = messages.at(number);
      const receiver = replicas[placeOf(carried.to)];
      return receiver !== undefined && (this.#scenario.keepSpent || !isSpent(carried, receiver.view));
    };
    let all = [before.filter(live)];
    for (const number of sent.filter(live)) {
      const { from, to } = messages.at(number);
      all = all.flatMap((network) => {
        const onLink = network.filter((other) => messages.at(other).from === from && messages.at(other).to === to);
        if (onLink.length < this.#scenario.perLink) return [[...network, number]];
        const others = new Set(onLink.filter((other) => other !== number));
        return [network, ...[...others].map((lost) => network.toSpliced(network.indexOf(lost), 1, number))];
      });
    }
    return all.map((network) => network.sort((a, b) => a - b));
  }
}

function placeOf(hub: HubId): number {
  return HUBS.indexOf(hub as (typeof HUBS)[number]);
}

/** A number as two characters. */
function inTwo(number: number): string {
  return String.fromCharCode(number & 0xffff, number >>> 16);
}

const inverses = new Map<Renaming, readonly number[]>();

/** By new name, the old one. */
function inverse(renaming: Renaming): readonly number[] {
  const known = inverses.get(renaming);
  if (known) return known;
  const found = renaming.map((_, place) => renaming.indexOf(place));
  inverses.set(renaming, found);
  return found;
}

function memberOf(place: number): Replica {
  return { hubId: HUBS[place] as string, replica: 1 };
}

function entryAt(place: number, term: number, configuration: Configuration): Entry {
  return { term, at: 0, body: place === 0 ? { kind: "configuration", configuration } : { kind: "noop" } };
}

/** For people. */
export function describeCluster({ replicas, network }: Cluster, group: RaftGroup): string {
  const each = replicas.map(({ self, view }) => {
    const log = view.log.map((number) => {
      const { term, body } = group.replicas.entries.at(number);
      return `${body.kind} t${term}`;
    });
    return `    ${self}: ${view.role} in term ${view.term}, voted for ${view.votedFor ?? "nobody"}, log [${log.join(", ")}], commit ${view.commit}`;
  });
  return [...each, `    on their way: ${network.length}`].join("\n");
}
