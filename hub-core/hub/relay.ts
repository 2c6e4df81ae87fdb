/**
 * Messages between two hubs of a group that have no link to each other: handed on by a hub that has. Links are few
 * (`max_connections_per_node`), and one that is cut does not part its ends while the group's graph holds together; nor does
 * one that only seems to be there.
 */
import type { CatalogView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import type { DurationMs, GroupId, HubId, Millis } from "../common/types.ts";
import { DecodeError, decode, encode } from "../wire/codec.ts";
import type { Message, MessageOf } from "../wire/messages.ts";
import { message as messageCodec } from "../wire/messages.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { addresseeOf } from "./addressee.ts";

/** Beyond this a message goes in circles. */
const MAX_HOPS = 4;
/** A detour takes this much longer than the way that it avoids, or less: what comes by both is no news of the way. */
export const DETOUR_MS: DurationMs = 500;

export interface RelayOptions {
  readonly self: HubId;
  readonly catalog: CatalogView;
  readonly metrics: Metrics;
  /** Linked hubs of the group. */
  readonly neighbours: (group: GroupId) => readonly HubId[];
}

interface Sender {
  send(to: HubId, message: Message): boolean;
  connected(to: HubId): boolean;
  /** There is a link, on which nothing is heard though something was asked. */
  silent(to: HubId): boolean;
}

export class Relay {
  readonly #o: RelayOptions;
  /** Another way is tried each time: the links of others are known only as they were. */
  #turn = 0;
  /** When consensus last came by the link itself, of linked hubs. */
  readonly #heardAt = new Map<HubId, Millis>();
  /** Linked hubs that say by others what they would say by the link: it may not bring them what this hub says. */
  readonly #deaf = new Set<HubId>();

  constructor(options: RelayOptions) {
    this.#o = options;
  }

  /** False: no way there is known. */
  send(group: GroupId, to: HubId, message: Message, out: Sender): boolean {
    const linked = out.connected(to);
    const silent = linked && out.silent(to);
    if (linked && !silent && !this.#deaf.has(to)) return out.send(to, message);
    const bytes = encode(messageCodec, message, NEWEST_VERSION);
    const relayed = { kind: "group-relay", group, from: this.#o.self, to, hops: 1, message: bytes } as const;
    const passed = this.#pass(relayed, null, out);
    if (!linked || (silent && passed)) return passed;
    // Where every link is silent it is this hub that does not listen.
    return out.send(to, message) || passed;
  }

  /** Consensus came from it, by the link. */
  heard(from: HubId, now: Millis): void {
    this.#heardAt.set(from, now);
    this.#deaf.delete(from);
  }

  /** Its link is another, or gone. */
  forget(hubId: HubId): void {
    this.#heardAt.delete(hubId);
    this.#deaf.delete(hubId);
  }

  /** @returns what is inside, when it is for this hub. */
  receive(
    by: HubId,
    relayed: MessageOf<"group-relay">,
    now: Millis,
    out: Sender,
  ): { from: HubId; message: Message } | null {
    if (relayed.to === this.#o.self) {
      const message = decode(messageCodec, relayed.message, NEWEST_VERSION);
      const fits =
        !(message instanceof DecodeError) &&
        addresseeOf(message).machine === "consensus" &&
        "group" in message &&
        message.group === relayed.group &&
        relayed.from !== this.#o.self;
      if (!fits) {
        this.#o.metrics.count("federation_frames_rejected_total", 1, { reason: "relayed" });
        return null;
      }
      this.#detoured(relayed.from, now, out);
      return { from: relayed.from, message };
    }
    const next = { ...relayed, hops: relayed.hops + 1 };
    const linked = out.connected(relayed.to);
    const passed = (!linked || out.silent(relayed.to)) && relayed.hops < MAX_HOPS && this.#pass(next, by, out);
    if (linked && !passed) out.send(relayed.to, next);
    return null;
  }

  /** A linked hub would have used the link, had it heard anything on it. */
  #detoured(from: HubId, now: Millis, out: Sender): void {
    const heardAt = this.#heardAt.get(from) ?? Number.NEGATIVE_INFINITY;
    if (out.connected(from) && now - heardAt > DETOUR_MS) this.#deaf.add(from);
  }

  #pass(relayed: MessageOf<"group-relay">, cameBy: HubId | null, out: Sender): boolean {
    const ways = this.#o
      .neighbours(relayed.group)
      .filter((hubId) => hubId !== cameBy && hubId !== relayed.from && out.connected(hubId) && !out.silent(hubId));
    const direct = ways.filter((hubId) => this.#links(hubId).has(relayed.to));
    const choice = direct.length > 0 ? direct : ways;
    this.#turn += 1;
    const next = choice[this.#turn % choice.length];
    if (next === undefined) return false;
    this.#o.metrics.count("consensus_messages_relayed_total", 1, { group: relayed.group });
    return out.send(next, relayed);
  }

  #links(hubId: HubId): ReadonlySet<HubId> {
    for (const { origin, record } of this.#o.catalog.links()) {
      if (origin === hubId) return new Set(record.links.map(({ peer }) => peer));
    }
    return new Set();
  }
}
