/** One real hub on a clock of its own, which goes on with every question. It finds nobody that it dials. */
import type { Reply } from "../../hub-core/common/problem.ts";
import { invariant } from "../../hub-core/common/types.ts";
import type { HubConfig } from "../../hub-core/config/index.ts";
import { Hub, type Request } from "../../hub-core/hub/index.ts";

type HubEvent = Parameters<Hub["step"]>[0];

const ANSWERS_WITHIN_MS = 60_000;
/** Whoever looks again after a while finds that time has passed. */
const BETWEEN_QUESTIONS_MS = 500;
const FOUNDED_WITHIN_MS = 10_000;

export class LoneHub {
  readonly hub: Hub;
  readonly #replies = new Map<string, Reply>();
  readonly #timers = new Map<string, { readonly at: number; readonly token: number }>();
  #now: number;
  #asked = 0;

  constructor(config: HubConfig, now: number) {
    this.#now = now;
    const stored = { identity: null, records: new Map(), peers: [], outcomes: new Map(), logs: new Map() };
    this.hub = new Hub({ config, stored, seed: 7, softwareVersion: "0.0.0" }, now);
    this.#step({ kind: "start" });
    // Until it has given up the hubs that are not there, and agrees with itself.
    this.rest(FOUNDED_WITHIN_MS);
  }

  rest(ms: number): void {
    const until = this.#now + ms;
    while (this.#now < until) this.#passTime(until);
  }

  ask(request: Request): Reply {
    this.rest(BETWEEN_QUESTIONS_MS);
    const id = String(++this.#asked);
    this.#step({ kind: "requests", asked: [{ id, request }] });
    const deadline = this.#now + ANSWERS_WITHIN_MS;
    while (!this.#replies.has(id) && this.#now < deadline) this.#passTime(deadline);
    const reply = this.#replies.get(id);
    invariant(reply !== undefined, "every request is answered in time");
    this.#replies.delete(id);
    return structuredClone(reply);
  }

  /** Until the next timer, or `until`: a hub that has left has none. */
  #passTime(until: number): void {
    const [next] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
    if (next === undefined || next[1].at > until) {
      this.#now = until;
      return;
    }
    const [timer, { at, token }] = next;
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, at);
    this.#step({ kind: "timer", timer, token });
  }

  #step(event: HubEvent): void {
    const events = [event];
    for (let next = events.shift(); next; next = events.shift()) {
      for (const effect of this.hub.step(next, this.#now)) {
        if (effect.kind === "reply") this.#replies.set(effect.id, effect.reply);
        if (effect.kind === "set-timer") this.#timers.set(effect.timer, effect);
        if (effect.kind === "open-link")
          events.push({ kind: "dial-failed", peer: effect.peer.hubId, reason: "unreachable" });
      }
    }
  }
}
