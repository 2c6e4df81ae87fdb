/** The hubs of this region, asked in order until one answers. */
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { DurationMs, HubId, HubIdentity } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { HubStub, StubOf } from "./hub-stub.ts";

export interface Asked {
  readonly hubId: HubId;
  readonly reply: Reply;
}

/** A hub that takes longer is passed over for the next: a wake from eviction takes tens of milliseconds. */
const ANSWER_WITHIN_MS: DurationMs = 3_000;

export interface HubsOptions {
  /** Whom to ask, in this order; one, when the path named it. */
  readonly candidates: readonly HubId[];
  readonly stubOf: StubOf;
  readonly answerWithinMs?: DurationMs;
}

export class Hubs {
  readonly #o: HubsOptions;

  constructor(options: HubsOptions) {
    this.#o = options;
  }

  get candidates(): readonly HubId[] {
    return this.#o.candidates;
  }

  /** Others are asked, or these in another order. */
  among(candidates: readonly HubId[]): Hubs {
    return new Hubs({ ...this.#o, candidates });
  }

  stub(hub: HubId): HubStub {
    return this.#o.stubOf(hub);
  }

  /**
   * The first hub that answers, has not left or is draining, and has caught up with the others since its start, whatever it answers; else the
   * first that has not left, else the first that answers at all; 503 `hub_unreachable` when none does.
   */
  async ask(request: HubRequest, withinMs?: DurationMs): Promise<Asked> {
    const { candidates } = this.#o;
    let fallback: Asked | null = null;
    for (const hubId of candidates) {
      const reply = await this.#attempt(hubId, (stub) => stub.ask(request), withinMs);
      if (reply && !hasLeft(reply) && !isBehind(reply)) return { hubId, reply };
      if (reply && (fallback === null || hasLeft(fallback.reply))) fallback = { hubId, reply };
    }
    return fallback ?? { hubId: candidates[0] ?? "", reply: unreachable(candidates) };
  }

  async askAt(hubId: HubId, request: HubRequest, withinMs?: DurationMs): Promise<Asked> {
    const reply = await this.#attempt(hubId, (stub) => stub.ask(request), withinMs);
    return { hubId, reply: reply ?? unreachable([hubId]) };
  }

  /** Every candidate, at once; those that do not answer are absent. */
  async askEach(request: HubRequest): Promise<Asked[]> {
    const asked = await Promise.all(
      this.#o.candidates.map(async (hubId) => ({
        hubId,
        reply: await this.#attempt(hubId, (stub) => stub.ask(request)),
      })),
    );
    return asked.flatMap(({ hubId, reply }) => (reply ? [{ hubId, reply }] : []));
  }

  /** Told to every candidate: each keeps what concerns it. */
  async introduce(hubs: readonly HubIdentity[]): Promise<Asked[]> {
    const told = await Promise.all(
      this.#o.candidates.map(async (hubId) => ({
        hubId,
        reply: await this.#attempt(hubId, (stub) => stub.introduce(hubs)),
      })),
    );
    return told.map(({ hubId, reply }) => ({ hubId, reply: reply ?? unreachable([hubId]) }));
  }

  /** Null when the hub did not answer: it broke, is moving, or is too slow. */
  async #attempt(
    hubId: HubId,
    call: (stub: HubStub) => Promise<Reply>,
    withinMs: DurationMs = this.#o.answerWithinMs ?? ANSWER_WITHIN_MS,
  ): Promise<Reply | null> {
    let clock: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      clock = setTimeout(() => resolve(null), withinMs);
    });
    const answer = call(this.#o.stubOf(hubId)).catch((error: unknown) => {
      console.warn(JSON.stringify({ level: "warn", event: "hub_unreachable", hub: hubId, error: String(error) }));
      return null;
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(clock);
    }
  }
}

/** A hub that left on purpose, or drains, says so when it is asked how it is: another one of the region can answer instead. */
function hasLeft(reply: Reply): boolean {
  if (!reply.ok) return reply.problem.code === "hub_left";
  return (reply.value as { draining?: unknown } | null)?.draining === true;
}

/** A hub that has just started says so of what it may not know yet. */
function isBehind(reply: Reply): boolean {
  const said = reply.ok ? (reply.value as { synced?: unknown } | null) : reply.problem.extra;
  return said?.synced === false;
}

function unreachable(hubs: readonly HubId[]): Reply {
  return refused(
    503,
    "hub_unreachable",
    `no answer from ${hubs.length > 0 ? hubs.join(", ") : "any hub of this region"}`,
    {
      hubs,
    },
  );
}
