/**
 * Messages between two hubs of a group that have no link to each other: handed on by a hub that has. Links are few
 * (`max_connections_per_node`), and one that is cut does not part its ends while the group's graph holds together.
 */
import type { CatalogView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import type { GroupId, HubId } from "../common/types.ts";
import { DecodeError, decode, encode } from "../wire/codec.ts";
import type { Message, MessageOf } from "../wire/messages.ts";
import { message as messageCodec } from "../wire/messages.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { addresseeOf } from "./addressee.ts";

/** Beyond this a message goes in circles. */
const MAX_HOPS = 4;

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
}

export class Relay {
  readonly #o: RelayOptions;
  /** Another way is tried each time: the links of others are known only as they were. */
  #turn = 0;

  constructor(options: RelayOptions) {
    this.#o = options;
  }

  /** False: no way there is known. */
  send(group: GroupId, to: HubId, message: Message, out: Sender): boolean {
    if (out.connected(to)) return out.send(to, message);
    const bytes = encode(messageCodec, message, NEWEST_VERSION);
    return this.#pass({ kind: "group-relay", group, from: this.#o.self, to, hops: 1, message: bytes }, null, out);
  }

  /** @returns what is inside, when it is for this hub. */
  receive(by: HubId, relayed: MessageOf<"group-relay">, out: Sender): { from: HubId; message: Message } | null {
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
      return { from: relayed.from, message };
    }
    const next = { ...relayed, hops: relayed.hops + 1 };
    if (out.connected(relayed.to)) out.send(relayed.to, next);
    else if (relayed.hops < MAX_HOPS) this.#pass(next, by, out);
    return null;
  }

  #pass(relayed: MessageOf<"group-relay">, cameBy: HubId | null, out: Sender): boolean {
    const ways = this.#o
      .neighbours(relayed.group)
      .filter((hubId) => hubId !== cameBy && hubId !== relayed.from && out.connected(hubId));
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
