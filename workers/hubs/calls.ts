/**
 * Questions of many clients that go to one hub in one call. A call costs an isolate and a hub far more than a question does, so
 * while calls are under way those who ask wait a moment for company; who asks alone does not wait.
 *
 * A call belongs to the request that makes it, with its stub and its time-out. The others only wait for a promise, which the
 * platform lets them do across requests (compatibility flag `handle_cross_request_promise_resolution`).
 */
import type { Reply } from "../../hub-core/common/problem.ts";
import type { DurationMs, Millis } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { HubStub, StubOf } from "./hub-stub.ts";

/** At most so long, and no longer than a part of what calls take. */
export const GATHER_MS: DurationMs = 4;
const GATHER_PART = 1 / 4;
export const MAX_QUESTIONS = 128;
/** Hubs and groups are few, but a client may make groups up. */
const MAX_LANES = 256;

/** Lets a call end although the client of the request that makes it has gone. */
export type Keep = (call: Promise<unknown>) => void;

interface Lane {
  gathering: Batch | null;
  underWay: number;
  calledAt: Millis;
  /** What the last call took. */
  tookMs: DurationMs;
}

class Batch {
  readonly questions: HubRequest[] = [];
  /** In the order of the questions; rejects when the hub breaks. */
  readonly replies = Promise.withResolvers<readonly Reply[]>();

  /** @returns its reply. */
  async add(question: HubRequest): Promise<Reply> {
    const at = this.questions.push(question) - 1;
    return (await this.replies.promise)[at] as Reply;
  }
}

/** Of one isolate. */
export class Calls {
  readonly #lanes = new Map<string, Lane>();

  /** Stubs that gather. */
  through(stubOf: StubOf, keep: Keep): StubOf {
    return (hub) => {
      const stub = stubOf(hub);
      return {
        ask: (question) => {
          const lane = laneOf(question);
          return lane === null ? stub.ask(question) : this.#ask(`${hub} ${lane}`, question, stub, keep);
        },
        askAll: (questions) => stub.askAll(questions),
        introduce: (hubs) => stub.introduce(hubs),
        fetch: (request) => stub.fetch(request),
      };
    };
  }

  #ask(name: string, question: HubRequest, stub: HubStub, keep: Keep): Promise<Reply> {
    const lane = this.#lane(name);
    if (lane.gathering !== null) {
      const { gathering } = lane;
      if (gathering.questions.length + 1 === MAX_QUESTIONS) lane.gathering = null;
      return gathering.add(question);
    }
    const batch = new Batch();
    const reply = batch.add(question);
    const waitMs =
      lane.underWay === 0 ? 0 : lane.calledAt + Math.min(GATHER_MS, lane.tookMs * GATHER_PART) - Date.now();
    if (waitMs > 0) lane.gathering = batch;
    keep(call(lane, batch, stub, waitMs));
    return reply;
  }

  #lane(name: string): Lane {
    const lane = this.#lanes.get(name) ?? {
      gathering: null,
      underWay: 0,
      calledAt: 0,
      tookMs: GATHER_MS / GATHER_PART,
    };
    this.#lanes.delete(name);
    this.#lanes.set(name, lane);
    if (this.#lanes.size > MAX_LANES) this.#lanes.delete(this.#lanes.keys().next().value as string);
    return lane;
  }
}

async function call(lane: Lane, batch: Batch, stub: HubStub, waitMs: DurationMs): Promise<void> {
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (lane.gathering === batch) lane.gathering = null;
  const calledAt = Date.now();
  lane.calledAt = calledAt;
  lane.underWay += 1;
  await stub.askAll(batch.questions).then(batch.replies.resolve, batch.replies.reject);
  lane.underWay -= 1;
  lane.tookMs = Date.now() - calledAt;
}

/** What ends at about the same time may share a call; null: it goes alone. */
function laneOf(question: HubRequest): string | null {
  switch (question.kind) {
    case "state-put":
    case "state-delete":
      return `write ${question.group}`;
    case "state-get":
      return question.consistency === "linearizable" ? `read ${question.group}` : "at once";
    case "route":
      return "at once";
    default:
      return null;
  }
}
