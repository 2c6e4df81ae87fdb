/** One link as the hub sees it, and which of two to the same peer survives. */
import type { HubId, Millis } from "../common/types.ts";
import type { Greeted } from "../membership/index.ts";
import { type Message, type MessageOf, messageSince } from "../wire/messages.ts";
import { PartAssembly } from "../wire/parts.ts";
import type { LinkId } from "./contract.ts";
import { helloOf, type LinksOptions } from "./link-surroundings.ts";

export type GoodbyeReason = MessageOf<"goodbye">["reason"];

export interface Link {
  readonly id: LinkId;
  readonly peer: HubId;
  readonly dialler: "us" | "them";
  readonly openedAt: Millis;
  /** Null until the peer's hello has arrived. */
  greeting: Greeting | null;
  /** Its hello alone gives it no place here: it has still to say for whom it stands in. */
  candidate: Greeting | null;
  /** Another link replaces it: by this time it is closed. Until the peer says goodbye too, it is read. */
  retiring: Millis | null;
  /** Messages that leave at the end of the step. */
  queue: Message[];
  /** What the peer says in parts. */
  readonly parts: PartAssembly;
  /** How many messages we sent in parts. */
  messagesParted: number;
  /** How often we said hello on it. */
  hellos: number;
  lastHeardAt: Millis;
  /** Since when something that is answered at once has waited for any frame of the peer; null: it does not. */
  askedAt: Millis | null;
  /** Frames that could not be read. */
  garbage: number;
  bytesSent: number;
  bytesReceived: number;
}

export interface Greeting extends Greeted {
  /** Negotiated protocol version. */
  readonly version: number;
}

/** A link as it is when it opens: our hello is the first that it carries. */
export function newLink(id: LinkId, peer: HubId, direction: "out" | "in", now: Millis, options: LinksOptions): Link {
  const dropped = (reason: string): void =>
    options.metrics.count("federation_message_parts_dropped_total", 1, { reason });
  return {
    id,
    peer,
    dialler: direction === "out" ? "us" : "them",
    openedAt: now,
    greeting: null,
    candidate: null,
    retiring: null,
    queue: [helloOf(options)],
    parts: new PartAssembly(dropped),
    messagesParted: 0,
    hellos: 1,
    lastHeardAt: now,
    askedAt: null,
    garbage: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };
}

/** Whether the peer, of the version that the two have settled on, can read it: else it would refuse all that is in its frame. */
export function canRead({ greeting }: Link, kind: Message["kind"]): boolean {
  return greeting !== null && greeting.version >= messageSince(kind);
}

/**
 * Both ends must pick the same survivor without talking: of two dialled by different ends, the one that the lower id
 * dialled; of two by the same end, the newer, which is a renewed lease. Another instance of the peer makes the older link a dead one.
 */
export function survivor(self: HubId, held: Link, newcomer: Link): Link {
  if (held.greeting?.instance !== newcomer.greeting?.instance) return newcomer;
  if (held.dialler === newcomer.dialler) return newcomer;
  const lowerDials = self < held.peer ? "us" : "them";
  return held.dialler === lowerDials ? held : newcomer;
}

export function longestUnheard(links: readonly Link[]): Link | undefined {
  return [...links].sort((a, b) => a.lastHeardAt - b.lastHeardAt || (a.peer < b.peer ? -1 : 1))[0];
}
