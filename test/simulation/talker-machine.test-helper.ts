/** Nothing but links: dials its seeds and, at every beat, says something long to each peer, which tells what reached it whole. */
import { Metrics } from "../../hub-core/common/metrics.ts";
import { Random } from "../../hub-core/common/random.ts";
import type { HubId, Millis } from "../../hub-core/common/types.ts";
import type { Effect, HubEvent } from "../../hub-core/hub/contract.ts";
import { StepEffects } from "../../hub-core/hub/effects.ts";
import type { LinkNews } from "../../hub-core/hub/link-surroundings.ts";
import { Links } from "../../hub-core/hub/links.ts";
import type { MessageOf } from "../../hub-core/wire/messages.ts";
import { NEWEST_VERSION, OLDEST_VERSION } from "../../hub-core/wire/versions.ts";
import type { Machine, MachineKind, MachineOptions } from "./machine.ts";

const BEAT_MS = 500;
const LONGEST = 150_000;

type Speech = MessageOf<"group-relay">;

/** What `from` says as its number so and so: short, long, and anything between. */
export function speech(from: HubId, to: HubId, number: number): Speech {
  const random = new Random(number * 1_000 + from.charCodeAt(from.length - 1));
  const length = Math.floor(random.float() ** 3 * LONGEST);
  const salt = random.uint32() % 251;
  const message = new Uint8Array(length);
  for (let i = 0; i < length; i++) message[i] = (i * 13 + (i >> 7) + salt) % 251;
  return { kind: "group-relay", group: "g", from, to, hops: number, message };
}

export class TalkerMachine implements Machine {
  readonly metrics = new Metrics();
  readonly heard: Speech[] = [];
  said = 0;
  readonly #options: MachineOptions;
  readonly #links: Links;
  #token = 0;

  constructor(options: MachineOptions) {
    const { config } = options;
    const random = new Random(options.seed);
    this.#options = options;
    this.#links = new Links({
      self: config.hub,
      incarnation: () => 1,
      instance: random.uint32(),
      versions: { oldest: OLDEST_VERSION, newest: options.protocolVersion ?? NEWEST_VERSION },
      network: config.network,
      dialTimeoutMs: 2_000,
      frames: { maxBytes: config.gossip.maxMessageBytes, compression: false },
      random,
      metrics: this.metrics,
      countBytes: () => {},
      rttMs: () => undefined,
      related: () => true,
      mayStandIn: () => false,
      standsIn: () => null,
      find: (id) => config.seeds.find(({ hubId }) => hubId === id),
    });
    this.said = Math.floor(random.float() * 1_000) * 1_000;
  }

  step(event: HubEvent, now: Millis): Effect[] {
    const effects = new StepEffects(this.#links, this.metrics, now);
    const news: LinkNews[] = [];
    this.#take(event, now, news, effects);
    for (const each of news) {
      if (each.kind === "message" && each.message.kind === "group-relay") this.heard.push(each.message);
    }
    this.#links.flush(effects);
    return effects.finish();
  }

  #take(event: HubEvent, now: Millis, news: LinkNews[], effects: StepEffects): void {
    switch (event.kind) {
      case "start":
        this.#links.want(
          this.#options.config.seeds.map(({ hubId }) => hubId),
          now,
        );
        return this.#beat(now, news, effects);
      case "timer":
        if (event.token === this.#token) this.#beat(now, news, effects);
        return;
      case "link-opened":
        return this.#links.opened(event.link, event.peer, event.direction, now, effects);
      case "link-closed":
        return this.#links.closed(event.link, now, news);
      case "dial-failed":
        return this.#links.dialFailed(event.peer, event.reason, now, news);
      case "frame":
        return this.#links.received(event.link, event.bytes, now, news, effects);
      default:
        return;
    }
  }

  #beat(now: Millis, news: LinkNews[], effects: StepEffects): void {
    this.#links.tick(now, news, effects);
    for (const { peer } of this.#links.greeted()) {
      this.said += 1;
      effects.send(peer, speech(this.#options.config.hub.hubId, peer, this.said));
    }
    this.#token += 1;
    effects.setTimer("beat", now + BEAT_MS, this.#token);
  }
}

export const talkers: MachineKind<TalkerMachine> = {
  create: (options) => new TalkerMachine(options),
  inspect: () => null,
  opinion: () => undefined,
  gossip: () => ({ received: 0, duplicates: 0 }),
  versions: () => ({ logs: 0, members: 0 }),
  usage: () => [],
  replicas: () => [],
  relayed: () => 0,
  proposal: () => undefined,
};
