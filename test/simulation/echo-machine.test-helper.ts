/** A hub of a few lines for tests of the world itself: dials its seeds, sends a count over each link at every beat, stores it first. */
import type { HubId, Millis } from "../../hub-core/common/types.ts";
import type { Effect, HubEvent, LinkId } from "../../hub-core/hub/contract.ts";
import type { Machine, MachineKind, MachineOptions } from "./machine.ts";

export const BEAT_MS = 100;

export class EchoMachine implements Machine {
  readonly options: MachineOptions;
  readonly events: { readonly at: Millis; readonly event: HubEvent }[] = [];
  readonly links = new Map<LinkId, HubId>();
  count: number;
  #token = 0;

  constructor(options: MachineOptions) {
    this.options = options;
    this.count = options.stored.identity?.incarnation ?? 0;
  }

  step(event: HubEvent, now: Millis): Effect[] {
    this.events.push({ at: now, event });
    switch (event.kind) {
      case "start":
        return [...this.#dialAll(), this.#beatAt(now + BEAT_MS)];
      case "link-opened":
        this.links.set(event.link, event.peer);
        return [];
      case "link-closed":
        this.links.delete(event.link);
        return [];
      case "timer":
        return event.token === this.#token ? this.#beat(now) : [];
      default:
        return [];
    }
  }

  heard(): number[] {
    return this.events.flatMap(({ event }) => (event.kind === "frame" ? [event.bytes[0] ?? -1] : []));
  }

  #beat(now: Millis): Effect[] {
    this.count += 1;
    const value = { incarnation: this.count, seqCeiling: 0, firstStartedAt: 0, replica: 1 };
    const sends = [...this.links.keys()].map(
      (link): Effect => ({ kind: "send", link, bytes: Uint8Array.of(this.count % 256) }),
    );
    return [{ kind: "persist", write: { table: "identity", value } }, ...sends, this.#beatAt(now + BEAT_MS)];
  }

  #beatAt(at: Millis): Effect {
    this.#token += 1;
    return { kind: "set-timer", timer: "beat", at, token: this.#token };
  }

  #dialAll(): Effect[] {
    const { hub, seeds } = this.options.config;
    return seeds
      .filter((peer) => hub.hubId < peer.hubId)
      .map((peer): Effect => ({ kind: "open-link", peer, timeoutMs: 1_000 }));
  }
}

export const echoes: MachineKind<EchoMachine> = {
  create: (options) => new EchoMachine(options),
  inspect: () => null,
  opinion: () => undefined,
  gossip: () => ({ received: 0, duplicates: 0 }),
  versions: () => ({ logs: 0, members: 0 }),
  usage: () => [],
  replicas: () => [],
  relayed: () => 0,
  proposal: () => undefined,
};
