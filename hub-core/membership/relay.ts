/** Indirect probes on behalf of others: ask the target, dial it when there is no link, and report either way. Bounded. */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { passengers, type Shared } from "./shared.ts";

export const MAX_ERRANDS = 64;
const UNLINKED_PATIENCE_MS: DurationMs = 450;

interface Errand {
  readonly origin: HubId;
  readonly seq: number;
  readonly target: HubId;
  readonly until: Millis;
}

export class Relay {
  readonly #shared: Shared;
  #errands: Errand[] = [];

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  nextDeadline(): Millis {
    return this.#errands.reduce((next, errand) => Math.min(next, errand.until), Number.POSITIVE_INFINITY);
  }

  requested(origin: HubId, seq: number, target: HubId, now: Millis, out: Outbox): void {
    const { links, roster, options } = this.#shared;
    if (!roster.get(target) || this.#errands.length >= MAX_ERRANDS) {
      out.send(origin, { kind: "relayed", seq, heard: false });
      return;
    }
    const link = links.get(target);
    const linked = link !== undefined && out.connected(target);
    // The answer is not matched by its number, since every frame from the target will do.
    if (linked) out.send(target, { kind: "ping", seq: 0, ...passengers(this.#shared, target, now) });
    else out.dial(target);
    const patience = linked ? link.quality.timeoutMs(options.config.probeTimeoutMs) : UNLINKED_PATIENCE_MS;
    this.#errands.push({ origin, seq, target, until: now + patience });
  }

  heard(target: HubId, out: Outbox): void {
    this.#report(target, true, out);
  }

  unreachable(target: HubId, out: Outbox): void {
    this.#report(target, false, out);
  }

  tick(now: Millis, out: Outbox): void {
    const late = this.#errands.filter((errand) => errand.until <= now);
    if (late.length === 0) return;
    this.#errands = this.#errands.filter((errand) => errand.until > now);
    for (const { origin, seq } of late) out.send(origin, { kind: "relayed", seq, heard: false });
  }

  stop(): void {
    this.#errands = [];
  }

  #report(target: HubId, heard: boolean, out: Outbox): void {
    if (!this.#errands.some((errand) => errand.target === target)) return;
    for (const { origin, seq, target: asked } of this.#errands) {
      if (asked === target) out.send(origin, { kind: "relayed", seq, heard });
    }
    this.#errands = this.#errands.filter((errand) => errand.target !== target);
  }
}
