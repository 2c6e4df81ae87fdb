/**
 * What a group has committed, in order, replayed command by command into a state of its own. It is fed with the entries of storage,
 * by whichever hub first knew them committed, and judges each command against all that came before it.
 */

import type { Reply } from "../../../hub-core/common/problem.ts";
import { hash32 } from "../../../hub-core/common/random.ts";
import type { GroupId, Millis } from "../../../hub-core/common/types.ts";
import { GroupState } from "../../../hub-core/consensus/index.ts";
import { StrongKeyValues } from "../../../hub-core/state/strong/index.ts";
import type { Command, Configuration, Entry } from "../../../hub-core/wire/log.ts";
import { Violation } from "../failure.ts";
import type { Marks } from "../marks.ts";
import { BallotBox } from "./ballot-box.ts";
import { LockBook } from "./lock-book.ts";

/** The number that every value of the workload carries: which operation wrote it. */
export type OperationNumber = number;

export interface Written {
  readonly index: number;
  readonly key: string;
  readonly version: number;
}

export interface Configured {
  readonly index: number;
  readonly configuration: Configuration;
}

const NOBODY: Configuration = { voters: [], outgoing: null, learners: [], threshold: 0 };

export class Ledger {
  readonly group: GroupId;
  readonly state: GroupState;
  readonly ballots: BallotBox;
  readonly #locks: LockBook;
  readonly #marks: Marks;
  readonly #entries: Entry[] = [];
  readonly #configurations: Configured[] = [];
  /** What each named command asked for. */
  readonly #sessions = new Map<string, number>();
  /** Idempotency-Keys whose first outcome stands. */
  readonly #outcomes = new Map<string, string>();
  readonly #written = new Map<OperationNumber, Written>();
  readonly #refused = new Map<OperationNumber, string>();

  constructor(group: GroupId, marks: Marks) {
    this.group = group;
    this.#marks = marks;
    this.state = new GroupState({ group, keyValues: new StrongKeyValues(group), validate: () => null });
    this.ballots = new BallotBox(group, this.state);
    this.#locks = new LockBook(group, this.state);
  }

  /** Of entries: the index of the last. */
  get length(): number {
    return this.#entries.length;
  }

  termAt(index: number): number | undefined {
    return this.#entries[index - 1]?.term;
  }

  /** The last committed index of a term before `term`. */
  lastBefore(term: number): number {
    let index = this.length;
    while (index > 0 && (this.termAt(index) as number) >= term) index -= 1;
    return index;
  }

  configurationAt(index: number): Configuration {
    return this.configuredAt(index).configuration;
  }

  /** With the index of its own entry. */
  configuredAt(index: number): Configured {
    return this.#configurations.findLast((one) => one.index <= index) ?? { index: 0, configuration: NOBODY };
  }

  /** Where and as what an operation's value was written; undefined: not so far. */
  written(operation: OperationNumber): Written | undefined {
    return this.#written.get(operation);
  }

  /** Its client was told that nothing was written, and that must stay so. */
  refuse(operation: OperationNumber, code: string): void {
    this.#refused.set(operation, code);
    const written = this.#written.get(operation);
    if (written) this.#lied(operation, code, written);
  }

  append(entry: Entry): void {
    this.#entries.push(entry);
    const index = this.length;
    const { term, at, body } = entry;
    const before = this.#entries[index - 2];
    if (before && before.at > at)
      throw new Violation("log-time", `entry ${index} of ${this.group} is of ${at}, the one before of ${before.at}`);
    if (body.kind === "configuration") this.#configurations.push({ index, configuration: body.configuration });
    const context = { index, term, at, configuration: this.configurationAt(index) };
    // What time alone ends, ends before the first command.
    this.state.apply(
      body.kind === "commands" ? { term, at, body: { kind: "commands", commands: [] } } : entry,
      context,
    );
    this.#locks.passed(at, body.kind === "noop");
    this.ballots.passed(at);
    if (body.kind !== "commands") return;
    for (const command of body.commands) this.#run(command, context);
  }

  #run(command: Command, context: { index: number; term: number; at: Millis; configuration: Configuration }): void {
    const { session, idempotency, operation } = command;
    const name = JSON.stringify({ ...session, floor: 0 });
    const asked = hash32(JSON.stringify(operation));
    const before = this.#sessions.get(name);
    if (before !== undefined && before !== asked)
      throw new Violation("session-unique", `${name} names two commands in ${this.group}`);
    const recalled = idempotency === null ? undefined : this.#outcomes.get(idempotency.key);
    const revision = this.state.keyValues.revision;
    const single = { term: context.term, at: context.at, body: { kind: "commands" as const, commands: [command] } };
    const reply = this.state.apply(single, context)[0]?.reply as Reply;
    const changed = this.state.keyValues.revision !== revision;
    if (before !== undefined) this.#repeated("the same command", `${name} ${operation.kind}`, changed);
    else if (recalled !== undefined) {
      this.#repeated("a command with the same Idempotency-Key", idempotency?.key ?? "", changed);
      if (reply.ok && JSON.stringify(reply) !== recalled)
        throw new Violation("exactly-once", `${idempotency?.key} got ${JSON.stringify(reply)} after ${recalled}`);
    } else {
      this.#sessions.set(name, asked);
      const definite = reply.ok || (reply.problem.status < 500 && reply.problem.status !== 429);
      if (idempotency !== null && definite) this.#outcomes.set(idempotency.key, JSON.stringify(reply));
      this.#locks.ran(operation, reply, context.at);
      this.ballots.ran(command, reply, context);
    }
    if (reply.ok && changed) this.#wrote(command, context.index);
  }

  #repeated(what: string, name: string, changed: boolean): void {
    this.#marks.reach(what.includes("Key") ? "consensus:key-recalled" : "consensus:command-doubled");
    if (changed) throw new Violation("exactly-once", `${what} changed the state of ${this.group} again: ${name}`);
  }

  #wrote({ operation }: Command, index: number): void {
    if (operation.kind !== "put" && operation.kind !== "propose") return;
    const number = operationIn(JSON.parse(operation.value));
    if (number === null) return;
    const before = this.#written.get(number);
    if (before)
      throw new Violation(
        "exactly-once",
        `${operation.key} was written twice by operation ${number}: at ${before.index} and at ${index}`,
      );
    const written = { index, key: operation.key, version: this.state.keyValues.revision };
    this.#written.set(number, written);
    const code = this.#refused.get(number);
    if (code !== undefined) this.#lied(number, code, written);
  }

  #lied(operation: OperationNumber, code: string, { index, key }: Written): void {
    throw new Violation(
      "refused-is-not-applied",
      `operation ${operation} on ${key} was refused (${code}), and is entry ${index} of ${this.group}`,
    );
  }
}

/** Of a value that the workload wrote; null of any other. */
export function operationIn(value: unknown): OperationNumber | null {
  const { op } = (typeof value === "object" && value !== null ? value : {}) as { readonly op?: unknown };
  return typeof op === "number" ? op : null;
}
