/**
 * Replicas, each state of one once: a replica is a function of what happened to it, so what an event does in a state is found out
 * once, on the real machine, and looked up from then on. A machine is got to a state by what first led there, since its start.
 */
import type { StoredLog } from "../../../hub-core/common/outbox.ts";
import type { Random } from "../../../hub-core/common/random.ts";
import type { HubId } from "../../../hub-core/common/types.ts";
import { Raft } from "../../../hub-core/consensus/raft/index.ts";
import type { Configuration } from "../../../hub-core/wire/log.ts";
import { Canonical, EPOCH_MS, type Renaming, Texts } from "./canonical.ts";
import { Entries } from "./entries.ts";
import { type Carried, Messages } from "./messages.ts";
import { Recorder } from "./recorder.ts";

export type ReplicaEvent =
  | { readonly kind: "receive"; readonly carried: Carried }
  /** The next deadline is there. */
  | { readonly kind: "time-out" }
  /** As long as an election time-out at least takes, and no deadline is past. */
  | { readonly kind: "silence" }
  | { readonly kind: "propose"; readonly proposer: HubId; readonly number: number }
  | { readonly kind: "configure"; readonly configuration: Configuration }
  | { readonly kind: "transfer"; readonly to: HubId }
  /** All but what is stored is lost. */
  | { readonly kind: "restart" };

/** What is promised about, of a replica. */
export interface View {
  readonly term: number;
  /** Hub and replica. */
  readonly votedFor: string | null;
  readonly role: "follower" | "pre-candidate" | "candidate" | "leader";
  readonly isVoter: boolean;
  readonly leader: HubId | null;
  readonly commit: number;
  /** Numbers of entries, from index 1 on. */
  readonly log: readonly number[];
  readonly stored: readonly number[];
  readonly logNumber: number;
  readonly mayPropose: boolean;
  readonly hearsLeader: boolean;
  readonly configuration: Configuration;
  readonly changing: boolean;
  readonly deadline: boolean;
}

export interface ReplicaState {
  readonly number: number;
  readonly self: HubId;
  readonly view: View;
  readonly text: string;
  /** By renaming: the number of its text. */
  readonly texts: readonly number[];
  /** How it was reached: first, and a few times more. Null: all begins with it. */
  readonly ways: (Way | null)[];
  readonly stored: StoredLog;
  readonly outcomes: Map<string, readonly [ReplicaEvent, Outcome]>;
}

interface Way {
  readonly state: ReplicaState;
  readonly event: ReplicaEvent;
}

export interface Outcome {
  readonly to: ReplicaState;
  readonly sent: readonly Carried[];
  /** Promises of one replica alone that this step broke. */
  readonly broken: readonly string[];
}

interface Running {
  readonly raft: Raft;
  readonly outbox: Recorder;
  now: number;
}

/** Every draw the same: how long a time-out is does not decide what can happen, for any may be the next. */
const HALF = { float: () => 0.5 } as Random;
const TIMING = { heartbeatMs: EPOCH_MS, electionMs: EPOCH_MS, quietAfterMs: Number.POSITIVE_INFINITY };
export const GROUP = "group";
const KEEPER = {
  snapshot: (): never => {
    throw new Error("nothing is compacted");
  },
  restore: () => false,
};

const AS_NAMED: Renaming = [0, 1, 2, 3];
/** So many ways to a state are compared. */
const MOST_WAYS = 4;

export class Replicas {
  readonly #states = new Map<string, ReplicaState>();
  readonly #renamings: readonly Renaming[];
  readonly texts = new Texts();
  readonly entries = new Entries();
  readonly messages: Messages;
  steps = 0;

  constructor(renamings: readonly Renaming[]) {
    this.#renamings = renamings;
    this.messages = new Messages(renamings, this.texts);
  }

  get size(): number {
    return this.#states.size;
  }

  starting(self: HubId, stored: StoredLog): ReplicaState {
    return this.#stateOf(start(self, stored), self, null);
  }

  after(state: ReplicaState, event: ReplicaEvent): Outcome {
    const key = keyOf(event);
    const known = state.outcomes.get(key);
    if (known) return known[1];
    const outcome = this.#find(state, event);
    state.outcomes.set(key, [event, outcome]);
    return outcome;
  }

  #find(state: ReplicaState, event: ReplicaEvent): Outcome {
    this.steps += 1;
    let running: Running;
    try {
      running = this.#run(state, event, state.ways[0]);
    } catch (error) {
      return { to: state, sent: [], broken: [(error as Error).message] };
    }
    const to = this.#stateOf(running, state.self, { state, event });
    const sent = this.#sent(state, running);
    const errors = running.outbox.errors.map((error) => `${state.self} says ${error}`);
    const outcome = { to, sent, broken: [...errors, ...this.#regress(state, to, event.kind === "restart")] };
    for (const way of state.ways.slice(1)) this.#compare(state, way, event, outcome);
    return outcome;
  }

  #sent(state: ReplicaState, { outbox }: Running): Carried[] {
    return outbox.sent.map(({ to, message }) => this.messages.carried(state.self, to, message));
  }

  /** What is taken for one state is one: the same comes of it, whichever way it was reached. */
  #compare(state: ReplicaState, way: Way | null, event: ReplicaEvent, outcome: Outcome): void {
    const running = this.#run(state, event, way);
    const same =
      this.#textOf(running, AS_NAMED) === outcome.to.text &&
      this.#sent(state, running).every(({ number }, at) => outcome.sent[at]?.number === number);
    if (!same) throw new Error(`the text of ${state.self} lacks something that decides what ${keyOf(event)} does`);
  }

  #run(state: ReplicaState, event: ReplicaEvent, way: Way | null | undefined): Running {
    if (event.kind === "restart") return start(state.self, state.stored);
    const running = this.#runTo(state, way);
    perform(running, event);
    return running;
  }

  #runTo(state: ReplicaState, last: Way | null | undefined): Running {
    const events: ReplicaEvent[] = [];
    let { stored } = state;
    for (let way = last; way; way = way.state.ways[0]) {
      stored = way.state.stored;
      if (way.event.kind === "restart") break;
      events.push(way.event);
    }
    const running = start(state.self, stored);
    for (const event of events.reverse()) perform(running, event);
    running.outbox.clear();
    return running;
  }

  /** Raft figure 2: terms go up, a vote stands, what is committed stays. */
  #regress(before: ReplicaState, after: ReplicaState, restarted: boolean): string[] {
    const [was, is] = [before.view, after.view];
    const broken: string[] = [];
    if (is.term < was.term) broken.push(`the term of ${before.self} goes from ${was.term} to ${is.term}`);
    if (is.term === was.term && was.votedFor !== null && is.votedFor !== was.votedFor)
      broken.push(`${before.self} takes its vote in term ${was.term} from ${was.votedFor}`);
    if (is.commit < was.commit && !restarted) broken.push(`the commit index of ${before.self} goes back`);
    if (was.log.slice(0, was.commit).some((entry, at) => is.log[at] !== entry))
      broken.push(`${before.self} loses what is committed`);
    return broken;
  }

  #textOf({ raft, outbox, now }: Running, renaming: Renaming): string {
    const stored = outbox.stored();
    const whole = { raft, stored: this.entries.isSame(raft, stored) ? null : this.entries.said(stored) };
    return new Canonical(now, renaming).text(whole);
  }

  #stateOf(running: Running, self: HubId, way: Way | null): ReplicaState {
    const text = this.#textOf(running, AS_NAMED);
    const known = this.#states.get(text);
    if (known) {
      if (way && known.ways.length < MOST_WAYS) {
        known.ways.push(way);
        for (const [event, outcome] of known.outcomes.values()) this.#compare(known, way, event, outcome);
      }
      return known;
    }
    const stored = running.outbox.stored();
    const state: ReplicaState = {
      number: this.#states.size,
      self,
      view: this.#view(running, stored),
      text,
      texts: this.#renamings.map((renaming) => this.texts.number(this.#textOf(running, renaming))),
      ways: [way],
      stored,
      outcomes: new Map(),
    };
    this.#states.set(text, state);
    return state;
  }

  #view({ raft, now }: Running, stored: StoredLog): View {
    const { state, role, leadership } = raft;
    const log = Array.from({ length: state.log.lastIndex }, (_, at) =>
      this.entries.number(state.log.entry(at + 1)?.bytes as Uint8Array),
    );
    const following = (raft as unknown as { _following: { heardAt: number } })._following;
    return {
      term: state.term,
      votedFor: state.votedFor && `${state.votedFor.hubId} ${state.votedFor.replica}`,
      role: role.kind === "candidate" && role.candidacy.pre ? "pre-candidate" : role.kind,
      isVoter: state.isVoter,
      leader: state.leader,
      commit: state.commit,
      log,
      stored: stored.entries.map(({ bytes }) => this.entries.number(bytes)),
      logNumber: this.entries.logNumber(log),
      mayPropose: leadership?.mayPropose ?? false,
      hearsLeader: !leadership && now - following.heardAt < EPOCH_MS,
      configuration: state.configuration,
      changing: state.configuration.outgoing !== null || state.log.configurationIndex > state.commit,
      deadline: raft.nextDeadline() !== Number.POSITIVE_INFINITY,
    };
  }
}

function keyOf(event: ReplicaEvent): string {
  switch (event.kind) {
    case "receive":
      return `${event.carried.number}`;
    case "propose":
      return `propose ${event.proposer} ${event.number}`;
    case "configure":
      return `configure ${JSON.stringify(event.configuration)}`;
    case "transfer":
      return `transfer ${event.to}`;
    default:
      return event.kind;
  }
}

function start(self: HubId, stored: StoredLog): Running {
  const options = { group: GROUP, self, replica: 1, stored, timing: TIMING, random: HALF };
  const running = { raft: new Raft(options, KEEPER), outbox: new Recorder(stored), now: 0 };
  running.raft.start(0);
  return running;
}

function perform(running: Running, event: ReplicaEvent): void {
  const { raft, outbox, now } = running;
  const { leadership } = raft;
  switch (event.kind) {
    case "receive":
      receive(running, event.carried);
      return;
    case "time-out":
      running.now = Math.max(now, raft.nextDeadline());
      raft.tick(running.now, outbox);
      return;
    case "silence":
      running.now = now + EPOCH_MS;
      return;
    case "propose": {
      const session = { hubId: event.proposer, replica: 1, incarnation: 1, seq: event.number, floor: 0 };
      leadership?.propose([{ session, idempotency: null, operation: { kind: "lapse" } }], now, outbox);
      return;
    }
    case "configure":
      leadership?.changeConfiguration(event.configuration, now, outbox);
      return;
    case "transfer":
      leadership?.transferTo(event.to, now, outbox);
      return;
    case "restart":
      throw new Error("a restart is another machine");
  }
}

/** As `Consensus` hands messages to Raft: a replica without a log joins that of whoever has it in its configuration. */
function receive({ raft, outbox, now }: Running, { from, message }: Carried): void {
  const invites = message.kind === "raft-append" || message.kind === "raft-snapshot" || message.kind === "raft-vote";
  if (invites && raft.state.lineage === 0) raft.state.join(message.lineage, outbox);
  if (message.lineage === raft.state.lineage) raft.receive(from, message, now, outbox);
}
