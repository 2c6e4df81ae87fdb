/**
 * Replicas, each state of one once: a replica is a function of what happened to it, so what an event does in a state is found out
 * once, on the real machine, and looked up from then on. A machine is got to a state by what first led there, since its start.
 */
import type { StoredLog, StoredWrite } from "../../../hub-core/common/outbox.ts";
import type { Random } from "../../../hub-core/common/random.ts";
import type { HubId } from "../../../hub-core/common/types.ts";
import { Raft, type RaftMessage } from "../../../hub-core/consensus/raft/index.ts";
import { type Configuration, decodeEntry, type Entry } from "../../../hub-core/wire/log.ts";
import { Canonical, EPOCH_MS, HUBS, type Renaming, Texts } from "./canonical.ts";
import { type Carried, Messages } from "./messages.ts";

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
  readonly votedFor: HubId | null;
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
  /** By renaming: the number of its text. */
  readonly texts: readonly number[];
  readonly from: { readonly state: ReplicaState; readonly event: ReplicaEvent } | null;
  readonly stored: StoredLog;
  readonly outcomes: Map<string, Outcome>;
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
    if (known) return known;
    const outcome = this.#find(state, event);
    state.outcomes.set(key, outcome);
    return outcome;
  }

  #find(state: ReplicaState, event: ReplicaEvent): Outcome {
    this.steps += 1;
    let running: Running;
    try {
      running = event.kind === "restart" ? start(state.self, state.stored) : this.#runTo(state);
      if (event.kind !== "restart") perform(running, event);
    } catch (error) {
      return { to: state, sent: [], broken: [(error as Error).message] };
    }
    const to = this.#stateOf(running, state.self, { state, event });
    const sent = running.outbox.sent.map(({ to: target, message }) =>
      this.messages.carried(state.self, target, message),
    );
    const errors = running.outbox.errors.map((error) => `${state.self} says ${error}`);
    return { to, sent, broken: [...errors, ...this.#regress(state, to, event.kind === "restart")] };
  }

  #runTo(state: ReplicaState): Running {
    const events: ReplicaEvent[] = [];
    let at = state;
    while (at.from && at.from.event.kind !== "restart") {
      events.push(at.from.event);
      at = at.from.state;
    }
    const running = start(at.self, at.from ? at.from.state.stored : at.stored);
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

  #stateOf(running: Running, self: HubId, from: ReplicaState["from"]): ReplicaState {
    const { raft, outbox, now } = running;
    const stored = outbox.stored();
    const whole = { raft, stored: this.entries.isSame(raft, stored) ? null : this.entries.said(stored) };
    const [plain, ...others] = this.#renamings.map((renaming) => new Canonical(now, renaming).text(whole));
    const known = this.#states.get(plain as string);
    if (known) return known;
    const state: ReplicaState = {
      number: this.#states.size,
      self,
      view: this.#view(running, stored),
      texts: [plain as string, ...others].map((text) => this.texts.number(text)),
      from,
      stored,
      outcomes: new Map(),
    };
    this.#states.set(plain as string, state);
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
      votedFor: state.votedFor,
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
      const session = { hubId: event.proposer, incarnation: 1, seq: event.number, floor: 0 };
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

/** As `Consensus` hands messages to Raft: a replica without a log joins that of whoever leads. */
function receive({ raft, outbox, now }: Running, { from, message }: Carried): void {
  const leads = message.kind === "raft-append" || message.kind === "raft-snapshot";
  if (leads && raft.state.lineage === 0) raft.state.join(message.lineage, outbox);
  if (message.lineage === raft.state.lineage) raft.receive(from, message, now, outbox);
}

/** Entries by number, and logs. */
export class Entries {
  readonly #numbers = new Map<string, number>();
  readonly #logs = new Texts();
  readonly entries: Entry[] = [];

  number(bytes: Uint8Array): number {
    const text = String.fromCharCode(...bytes);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.entries.push(entryOf(bytes)) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  logNumber(log: readonly number[]): number {
    return this.#logs.number(log.join());
  }

  at(number: number): Entry {
    return this.entries[number] as Entry;
  }

  isSame({ state }: Raft, stored: StoredLog): boolean {
    return (
      stored.vote.term === state.term &&
      stored.vote.votedFor === state.votedFor &&
      stored.vote.lineage === state.lineage &&
      stored.entries.length === state.log.length &&
      stored.entries.every(
        ({ index, bytes }) => this.number(bytes) === this.number(state.log.entry(index)?.bytes ?? bytes),
      )
    );
  }

  said({ vote, entries }: StoredLog): unknown {
    return { vote, entries: entries.map(({ bytes }) => entryOf(bytes)) };
  }
}

export function entryOf(bytes: Uint8Array): Entry {
  const entry = decodeEntry(bytes);
  if (entry instanceof Error) throw entry;
  return entry;
}

/** What a step does to the world; what it stores is there at once. */
class Recorder {
  #vote: StoredLog["vote"];
  #entries: StoredLog["entries"];
  sent: { readonly to: HubId; readonly message: RaftMessage }[] = [];
  errors: string[] = [];

  constructor({ vote, entries }: StoredLog) {
    this.#vote = vote;
    this.#entries = entries;
  }

  stored(): StoredLog {
    return { vote: this.#vote, snapshot: null, entries: this.#entries };
  }

  clear(): void {
    this.sent = [];
    this.errors = [];
  }

  send(to: HubId, message: { readonly kind: string }): boolean {
    this.sent.push({ to, message: message as RaftMessage });
    return true;
  }

  persist(write: StoredWrite): void {
    switch (write.table) {
      case "raft-vote":
        if (write.value) this.#vote = write.value;
        return;
      case "raft-entry":
        this.#entries = [...this.#entries.filter(({ index }) => index < write.index), write];
        return;
      case "raft-truncate":
        this.#entries = this.#entries.filter(({ index }) => index < write.from);
        return;
      default:
        throw new Error(`Raft stores no ${write.table} here`);
    }
  }

  log(level: string, event: string): void {
    if (level === "error") this.errors.push(event);
  }

  connected(): boolean {
    return true;
  }

  dial(): boolean {
    return false;
  }

  check(): void {}
  notify(): void {}
}
