/**
 * A client of strong keys whose every operation is recorded. What did not come to an answer "may have happened"; every other client
 * asks again with the same Idempotency-Key, at the next edge, so that such a write is known to be done once or stays unknown.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../hub-core/common/random.ts";
import { NO_ANSWER, outcomeOf } from "../linearizability/http-outcome.ts";
import type { Action, Expectation, Operation, OutcomeOf } from "../linearizability/operation.ts";
import type { Recorder } from "../linearizability/recorder.ts";
import type { LocalPlanet, Question } from "./local-planet.ts";

const PATIENCE_MS = 6_000;
const RETRIES = 3;
/** After what failed, and between one operation and the next. */
const REST_MS = 150;
const PAUSE_MS = 25;
/** Created once each and never touched again: what was acknowledged is counted by them. */
export const LEDGER = "ledger/";

export interface ClientOptions {
  readonly planet: LocalPlanet;
  readonly recorder: Recorder;
  readonly name: string;
  /** The client's own first. */
  readonly edges: readonly string[];
  readonly keys: readonly string[];
  readonly asksAgain: boolean;
  readonly seed: number;
}

export class StrongClient {
  readonly #o: ClientOptions;
  readonly #random: Random;
  /** As this client last knew each key. */
  readonly #known = new Map<string, Expectation>();
  #written = 0;

  constructor(options: ClientOptions) {
    this.#o = options;
    this.#random = new Random(options.seed);
  }

  async runUntil(over: () => boolean): Promise<void> {
    while (!over()) {
      const answered = await this.#act();
      await sleep(answered ? PAUSE_MS : REST_MS);
    }
  }

  /** @returns whether it was answered. */
  #act(): Promise<boolean> {
    const { name, keys } = this.#o;
    const key = this.#random.pick(keys) as string;
    const value = `${name} ${++this.#written}`;
    const version = this.#known.get(key) ?? "absent";
    const draw = this.#random.float();
    if (draw < 0.35) return this.perform({ kind: "read", key, consistency: "linearizable" });
    if (draw < 0.55) return this.perform({ kind: "write", key, value });
    if (draw < 0.7) return this.perform({ kind: "cas", key, value, expect: version });
    if (draw < 0.75) return this.perform({ kind: "delete", key, expect: null });
    if (draw < 0.8) return this.perform({ kind: "delete", key, expect: version === "absent" ? null : version });
    return this.perform({ kind: "cas", key: `${LEDGER}${name}/${this.#written}`, value, expect: "absent" });
  }

  async perform<Kind extends Operation["kind"]>(action: Extract<Action, { readonly kind: Kind }>): Promise<boolean> {
    const { recorder, name } = this.#o;
    const started = recorder.start<Kind>(name, action);
    const outcome = await this.#outcome<Kind>(action);
    started.finish(outcome);
    this.#learn(action.key, outcome);
    return outcome.kind !== "unknown" && outcome.kind !== "refused";
  }

  async #outcome<Kind extends Operation["kind"]>(
    action: Extract<Action, { readonly kind: Kind }>,
  ): Promise<OutcomeOf<Kind>> {
    const { edges, asksAgain } = this.#o;
    const question = questionOf(action, asksAgain ? crypto.randomUUID() : null);
    const kind = action.kind as Kind;
    let inDoubt = false;
    for (let attempt = 0; attempt <= (asksAgain ? RETRIES : 0); attempt++) {
      const edge = edges[attempt % edges.length] as string;
      const outcome = await this.#once<Kind>(kind, edge, question);
      if (outcome.kind !== "unknown" && !(outcome.kind === "refused" && inDoubt)) return outcome;
      inDoubt = true;
      await sleep(REST_MS);
    }
    return NO_ANSWER as OutcomeOf<Kind>;
  }

  async #once<Kind extends Operation["kind"]>(
    kind: Kind,
    edge: string,
    { path, ...question }: Question & { readonly path: string },
  ): Promise<OutcomeOf<Kind>> {
    let answer: Awaited<ReturnType<LocalPlanet["call"]>>;
    try {
      answer = await this.#o.planet.call(edge, path, { ...question, role: "operator", timeoutMs: PATIENCE_MS });
    } catch (error) {
      const refused = wasNotSent(error) ? ({ kind: "refused", code: "connection_refused" } as const) : NO_ANSWER;
      return refused as OutcomeOf<Kind>;
    }
    return outcomeOf(kind, answer);
  }

  #learn(key: string, outcome: Operation["outcome"]): void {
    if (outcome.kind === "found" || outcome.kind === "written") this.#known.set(key, outcome.version);
    else if (outcome.kind === "mismatch" && outcome.seen !== null) this.#known.set(key, outcome.seen);
    else if (outcome.kind === "absent" || outcome.kind === "deleted") this.#known.delete(key);
  }
}

/** Nothing listened there: no byte of the request has left. */
function wasNotSent(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly code?: string } };
  return cause?.code === "ECONNREFUSED";
}

function questionOf(action: Action, idempotencyKey: string | null): Question & { readonly path: string } {
  const path = `/api/state/${action.key}`;
  if (action.kind === "read") return { path: `${path}?consistency=${action.consistency}` };
  const expect = action.kind === "write" ? null : action.expect;
  const headers = {
    ...(expect === "absent" ? { "if-none-match": "*" } : expect === null ? {} : { "if-match": `"${expect}"` }),
    ...(idempotencyKey === null ? {} : { "idempotency-key": idempotencyKey }),
  };
  if (action.kind === "delete") return { path, method: "DELETE", headers };
  return { path, method: "PUT", headers, body: action.value };
}

/** Of a history: the keys of the ledger that were acknowledged, and those that may or may not be there. */
export function ledgerOf(history: readonly Operation[]): {
  readonly acknowledged: string[];
  readonly inDoubt: string[];
} {
  const written = (kind: Operation["outcome"]["kind"]): string[] =>
    history.filter(({ key, outcome }) => key.startsWith(LEDGER) && outcome.kind === kind).map(({ key }) => key);
  return { acknowledged: written("written"), inDoubt: written("unknown") };
}
