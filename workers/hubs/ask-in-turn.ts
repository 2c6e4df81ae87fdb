/**
 * Hubs are asked one after another until one answers for good. A read does not wait for a hub that is slow: the next one is asked as
 * well, and the first answer counts. A write does: while only one hub was asked, that it was not applied can be said for certain.
 */
import type { Context } from "hono";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import { type DurationMs, type HubId, unreachable } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { answeredBy, askHub } from "./ask.ts";
import type { Asked } from "./hubs.ts";

/**
 * Enough to get past a dead hub and a dead region; more would only add to what an overloaded group must do. Hubs whose matter it is
 * not are passed over for nothing.
 */
const MAX_ASKED = 3;
const PATIENCE_MS: DurationMs = 3_000;
/** With the next, once a hub has said that it has no quorum: most likely the rest are out of reach, and that is to be told at once. */
const SECOND_OPINION_MS: DurationMs = 750;
/** Times that a hub may take until it is given up, all hubs together. */
const WRITE_TRIES = 2;

export interface TurnOptions {
  /** For one hub to answer a write; for all of them together to answer a read. */
  readonly withinMs: DurationMs;
  /**
   * `read`; `write`: carries a key by which all hubs of the group tell that it is the same one; `write-once`: each hub that is asked
   * may carry it out, so one that may have done so is the last.
   */
  readonly effect: "read" | "write" | "write-once";
  readonly idempotencyKey?: string;
  /** Codes by which a hub says that this is another one's matter: of those any number is asked, within the time. */
  readonly passOn?: readonly string[];
}

export async function askInTurn(
  c: Context<EdgeEnv>,
  order: AsyncIterable<HubId> | Iterable<HubId>,
  question: HubRequest,
  options: TurnOptions,
): Promise<Reply> {
  const turn = new Turn(c, question, options);
  for await (const hub of order) {
    const answer = await turn.ask(hub);
    if (answer) return answeredBy(c, answer);
    if (turn.over) break;
  }
  return turn.end();
}

type Standing =
  | "answer"
  /** It did not act, and another hub may. */
  | "pass"
  /** It did not act, as it cannot reach enough others. */
  | "no-quorum"
  /** It may have acted, or may yet. */
  | "unknown";

class Turn {
  readonly #c: Context<EdgeEnv>;
  readonly #question: HubRequest;
  readonly #o: TurnOptions;
  readonly #deadline: number;
  readonly #asked: HubId[] = [];
  readonly #waiting = new Set<Promise<Asked>>();
  readonly #heard: Asked[] = [];
  /** Whose edges did not answer: their other hubs are behind the same ones. */
  readonly #silentRegions = new Set<unknown>();

  constructor(c: Context<EdgeEnv>, question: HubRequest, options: TurnOptions) {
    this.#c = c;
    this.#question = question;
    this.#o = options;
    this.#deadline = Date.now() + (options.effect === "write" ? WRITE_TRIES : 1) * options.withinMs;
  }

  /** The answer that counts; null: ask the next. */
  async ask(hub: HubId): Promise<Asked | null> {
    const { federation } = this.#c.env.deployment;
    if (this.#silentRegions.has(federation.hubs.find(({ id }) => id === hub)?.region)) return null;
    this.#asked.push(hub);
    const { idempotencyKey, withinMs, effect } = this.#o;
    const asked = askHub(this.#c, hub, this.#question, {
      withinMs: Math.max(1, Math.min(withinMs, this.#deadline - Date.now())),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
    this.#waiting.add(asked);
    if (effect !== "read") return this.#listen(Infinity);
    return this.#listen(this.#lacksQuorum ? SECOND_OPINION_MS : PATIENCE_MS);
  }

  get #lacksQuorum(): boolean {
    return this.#heard.some(({ reply }) => this.#standing(reply) === "no-quorum");
  }

  get over(): boolean {
    const strangers = this.#heard.filter(({ reply }) => this.#isAnothers(reply)).length;
    if (this.#asked.length - strangers >= MAX_ASKED || Date.now() >= this.#deadline) return true;
    const standings = this.#heard.map(({ reply }) => this.#standing(reply));
    switch (this.#o.effect) {
      case "read":
        return false;
      // That nothing was applied can only be said while no other hub was asked to; and another one would wait as long in vain.
      case "write":
        return standings.includes("no-quorum") || this.#heard.some(({ reply }) => saysUnknown(reply));
      case "write-once":
        return standings.some((standing) => standing !== "pass");
      default:
        return unreachable(this.#o.effect);
    }
  }

  /** Of all that were asked, when none has answered yet. */
  async end(): Promise<Reply> {
    const isTold = this.#o.effect === "read" && this.#lacksQuorum;
    while (this.#waiting.size > 0 && !isTold) {
      const answer = await this.#listen(Infinity);
      if (answer) return answeredBy(this.#c, answer);
    }
    const found = (wanted: Standing) => this.#heard.find(({ reply }) => this.#standing(reply) === wanted);
    const unknown = this.#heard.find(({ reply }) => saysUnknown(reply)) ?? found("unknown");
    const telling = found("no-quorum") ?? found("pass") ?? unknown;
    if (this.#o.effect !== "read" && unknown) return this.#outcomeUnknown(unknown.reply);
    if (telling) return answeredBy(this.#c, telling);
    return refused(503, "hub_unreachable", "no hub is known that could answer", { hubs: [] });
  }

  async #listen(patienceMs: DurationMs): Promise<Asked | null> {
    const first = await soonest([...this.#waiting], patienceMs);
    if (!first) return null;
    this.#waiting.delete(first.of);
    this.#heard.push(first.asked);
    const { reply } = first.asked;
    if (!reply.ok && reply.problem.code === "region_unreachable") this.#silentRegions.add(reply.problem.extra?.region);
    return this.#standing(reply) === "answer" ? first.asked : null;
  }

  #standing(reply: Reply): Standing {
    if (reply.ok) return "answer";
    if (this.#isAnothers(reply)) return "pass";
    switch (reply.problem.code) {
      case "hub_left":
      case "hub_unknown":
      case "owner_unsettled":
        return "pass";
      case "no_quorum":
        return "no-quorum";
      case "region_unreachable":
        return reply.problem.extra?.reached === false ? "pass" : "unknown";
      case "hub_unreachable":
      case "outcome_unknown":
        return "unknown";
      default:
        return "answer";
    }
  }

  #isAnothers(reply: Reply): boolean {
    return !reply.ok && this.#o.passOn?.includes(reply.problem.code) === true;
  }

  #outcomeUnknown(reply: Reply): Reply {
    const { idempotencyKey, effect } = this.#o;
    // Only where all hubs know the write by its key may it be repeated at whichever hub answers next.
    const key = effect === "write" && idempotencyKey !== undefined ? { idempotency_key: idempotencyKey } : null;
    const own = saysUnknown(reply) ? reply.problem : null;
    const said = this.#heard.flatMap(({ reply: heard }) => (heard.ok ? [] : [heard.problem.detail]));
    const silence = `Nobody said how it ended (${[...new Set(said)].join("; ")}): it may have been applied, or may yet be.`;
    const advice = key
      ? "Look, or repeat it with the Idempotency-Key given here: it is applied once."
      : "Look before you repeat it.";
    const detail = `${own?.detail ?? silence} ${advice}`;
    return refused(504, "outcome_unknown", detail, { ...own?.extra, hubs: this.#asked, ...key });
  }
}

/** A hub that has waited as long as it takes says so itself. */
function saysUnknown(reply: Reply): reply is Reply<never> & { readonly ok: false } {
  return !reply.ok && reply.problem.code === "outcome_unknown";
}

/** Null when none has come after `patienceMs`. */
async function soonest(
  waiting: readonly Promise<Asked>[],
  patienceMs: DurationMs,
): Promise<{ of: Promise<Asked>; asked: Asked } | null> {
  let clock: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    if (patienceMs !== Infinity) clock = setTimeout(() => resolve(null), patienceMs);
  });
  try {
    return await Promise.race([late, ...waiting.map(async (of) => ({ of, asked: await of }))]);
  } finally {
    clearTimeout(clock);
  }
}
