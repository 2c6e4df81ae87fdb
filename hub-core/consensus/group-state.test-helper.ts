/** A log as one reads it in a test: commands of named hubs at named times, and the state that they build. */
import type { Reply } from "../common/problem.ts";
import type { HubId, Millis } from "../common/types.ts";
import { StrongKeyValues } from "../state/strong/index.ts";
import type { Applied, ApplyContext, Command, Configuration, Entry, Operation, OperationOf } from "../wire/log.ts";
import { GroupState } from "./group-state.ts";
import type { Validator } from "./proposals/proposals.ts";

export const START: Millis = 1_700_000_000_000;

export function configurationOf(
  voters: readonly HubId[],
  { outgoing = null, threshold = 600_000 }: { outgoing?: readonly HubId[] | null; threshold?: number } = {},
): Configuration {
  const replica = (hubId: HubId) => ({ hubId, replica: 1 });
  return { voters: voters.map(replica), outgoing: outgoing?.map(replica) ?? null, learners: [], threshold };
}

export const reserved: Validator = (key, value) =>
  key.startsWith("mpreg/") && typeof value !== "object" ? `${key} takes an object` : null;

export function freshState(): GroupState {
  return new GroupState({ group: "global", keyValues: new StrongKeyValues("global"), validate: reserved });
}

export function propose(
  proposalId: string,
  more: Partial<Omit<OperationOf<"propose">, "kind" | "proposalId">> = {},
): OperationOf<"propose"> {
  return {
    kind: "propose",
    proposalId,
    kindOfProposal: "ballot",
    key: `key-of-${proposalId}`,
    value: '"agreed"',
    expect: null,
    threshold: 0,
    timeoutMs: 10_000,
    maxPending: 100,
    ...more,
  };
}

export function vote(
  proposalId: string,
  voter: HubId,
  cast: "yes" | "no",
  more: Partial<Pick<OperationOf<"vote">, "reason" | "byOperator">> = {},
): OperationOf<"vote"> {
  return { kind: "vote", proposalId, voter, vote: cast, reason: null, byOperator: false, ...more };
}

export class Log {
  readonly state: GroupState;
  configuration: Configuration;
  at: Millis = START;
  #index = 0;
  readonly #seqs = new Map<HubId, number>();

  constructor({ state = freshState(), configuration = configurationOf(["a", "b", "c"]) } = {}) {
    this.state = state;
    this.configuration = configuration;
  }

  get index(): number {
    return this.#index;
  }

  /** One entry with one command, which nothing doubles. */
  run(operation: Operation, { hub = "a", key }: { hub?: HubId; key?: string } = {}): Reply {
    const idempotency = key === undefined ? null : { key, request: JSON.stringify(operation).slice(0, 128) };
    return this.append([this.command(operation, hub, idempotency)])[0]?.reply as Reply;
  }

  /** The hub's next. */
  command(operation: Operation, hubId: HubId = "a", idempotency: Command["idempotency"] = null): Command {
    const seq = (this.#seqs.get(hubId) ?? 0) + 1;
    this.#seqs.set(hubId, seq);
    return { session: { hubId, replica: 1, incarnation: 1, seq, floor: seq }, idempotency, operation };
  }

  append(commands: readonly Command[]): readonly Applied[] {
    return this.#apply({ kind: "commands", commands });
  }

  noop(): void {
    this.#apply({ kind: "noop" });
  }

  later(ms: number): this {
    this.at += ms;
    return this;
  }

  #apply(body: Entry["body"]): readonly Applied[] {
    this.#index += 1;
    const context: ApplyContext = { index: this.#index, term: 1, at: this.at, configuration: this.configuration };
    return this.state.apply({ term: 1, at: this.at, body }, context);
  }
}
