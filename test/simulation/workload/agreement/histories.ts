/** What clients saw, for the checker of test/linearizability: one history a group. And what can be judged of an answer at once. */
import type { Reply } from "../../../../hub-core/common/problem.ts";
import { type GroupId, type Json, unreachable } from "../../../../hub-core/common/types.ts";
import type { Action, Expectation, Operation, OutcomeOf } from "../../../linearizability/operation.ts";
import { Recorder, type Started } from "../../../linearizability/recorder.ts";
import type { Groups } from "../../consensus/groups.ts";
import type { Ledger, OperationNumber } from "../../consensus/ledger.ts";
import { operationIn } from "../../consensus/ledger.ts";
import { Violation } from "../../failure.ts";
import type { World } from "../../world.ts";

export type Change = Exclude<Action, { readonly kind: "read" }>;
export type ChangeOutcome = OutcomeOf<Change["kind"]>;

interface Told {
  readonly value?: Json;
  readonly version?: number;
  readonly revision?: number;
}

export class Histories {
  readonly #groups: Groups;
  readonly #world: World;
  readonly #byGroup = new Map<GroupId, Recorder>();
  /** The highest revision that anyone was told of, by group. */
  readonly #acknowledged = new Map<GroupId, number>();
  #operations: OperationNumber = 0;

  constructor(groups: Groups, world: World) {
    this.#groups = groups;
    this.#world = world;
    for (const { id } of groups.all()) this.#byGroup.set(id, new Recorder(() => world.clock.now));
  }

  entries(): [GroupId, readonly Operation[]][] {
    return [...this.#byGroup].map(([group, recorder]) => [group, recorder.history()]);
  }

  nextOperation(): OperationNumber {
    this.#operations += 1;
    return this.#operations;
  }

  /** The revision that a read which begins now may not be behind. */
  acknowledged(group: GroupId): number {
    return this.#acknowledged.get(group) ?? 0;
  }

  ledger(group: GroupId): Ledger {
    const record = this.#groups.of(group);
    if (!record) throw new Error(`no group ${group}`);
    return record.ledger;
  }

  start<Kind extends Operation["kind"]>(
    group: GroupId,
    process: string,
    action: Extract<Action, { readonly kind: Kind }>,
  ): Started<Kind> {
    return (this.#byGroup.get(group) as Recorder).start(process, action);
  }

  /**
   * Of a write: the outcome of one attempt, held against what is committed. A refusal must stay without effect for ever;
   * `mayHaveBefore`: an earlier attempt with the same Idempotency-Key may have had one.
   */
  wrote(
    group: GroupId,
    operation: OperationNumber,
    action: Change,
    reply: Reply | null,
    mayHaveBefore: boolean,
  ): ChangeOutcome {
    const outcome = outcomeOf(action, reply);
    const ledger = this.ledger(group);
    this.#world.marks.reach(`workload:${action.kind}-${outcome.kind === "refused" ? outcome.code : outcome.kind}`);
    switch (outcome.kind) {
      case "refused":
        if (mayHaveBefore) return { kind: "unknown" };
        ledger.refuse(operation, outcome.code);
        return outcome;
      case "mismatch":
        ledger.refuse(operation, "mismatch");
        return outcome;
      case "written": {
        const written = ledger.written(operation);
        if (!written || written.version !== outcome.version || written.key !== action.key)
          throw new Violation(
            "acknowledged-is-committed",
            `${action.key} was acknowledged at version ${outcome.version} in ${group}; committed is ${JSON.stringify(written)}`,
          );
        this.#acknowledge(group, outcome.revision);
        return outcome;
      }
      case "deleted":
        this.#acknowledge(group, outcome.revision);
        return outcome;
      case "absent":
      case "unknown":
        return outcome;
      default:
        return unreachable(outcome);
    }
  }

  /** Of a linearizable read: it may not be behind what was acknowledged before it began. */
  read(group: GroupId, key: string, reply: Reply | null, atLeast: number | "stale"): OutcomeOf<"read"> {
    if (reply?.ok) {
      const { value, version = 0, revision = 0 } = reply.value as Told;
      if (atLeast !== "stale" && revision < atLeast)
        throw new Violation(
          "reads-see-what-was-acknowledged",
          `a read of ${key} in ${group} saw revision ${revision}, and ${atLeast} was acknowledged before`,
        );
      // A stale read may see what nobody was told of yet.
      if (atLeast !== "stale") this.#acknowledge(group, revision);
      return { kind: "found", value: operationIn(value), version };
    }
    if (reply === null) return { kind: "unknown" };
    return reply.problem.status === 404 ? { kind: "absent" } : { kind: "refused", code: reply.problem.code };
  }

  #acknowledge(group: GroupId, revision: number): void {
    this.#acknowledged.set(group, Math.max(this.acknowledged(group), revision));
  }
}

function outcomeOf(action: Change, reply: Reply | null): ChangeOutcome {
  if (reply === null) return { kind: "unknown" };
  if (reply.ok) {
    const { version = 0, revision = 0 } = reply.value as Told;
    return action.kind === "delete"
      ? { kind: "deleted", revision }
      : { kind: "written", version, revision, created: reply.status === 201 };
  }
  const { status, code, extra } = reply.problem;
  if (status === 504) return { kind: "unknown" };
  if (code === "version_mismatch") return { kind: "mismatch", seen: seenIn(extra) };
  if (action.kind === "delete" && code === "key_unknown") return { kind: "absent" };
  return { kind: "refused", code };
}

function seenIn(extra: Readonly<Record<string, unknown>> | undefined): Expectation | null {
  const version = extra?.version;
  return typeof version === "number" ? version : version === null ? "absent" : null;
}
