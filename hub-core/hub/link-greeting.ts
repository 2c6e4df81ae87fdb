/** What to make of a hello: who says it, in which version to go on, and whether the two belong together. */
import type { Leadership } from "../wire/catalog.ts";
import type { Message, MessageOf } from "../wire/messages.ts";
import { negotiate, STAND_IN_SINCE } from "../wire/versions.ts";
import type { Greeting, Link } from "./link.ts";
import type { LinkOutbox, LinksOptions } from "./link-surroundings.ts";

export type Judgement =
  | { readonly kind: "welcome"; readonly greeting: Greeting }
  /** It belongs here only if it stands in for its parent, which it says next. */
  | { readonly kind: "candidate"; readonly greeting: Greeting }
  | { readonly kind: "stranger"; readonly greeting: Greeting }
  | { readonly kind: "unfit" };

export function judge(o: LinksOptions, link: Link, hello: MessageOf<"hello">, out: LinkOutbox): Judgement {
  if (hello.hub.hubId !== link.peer) {
    o.metrics.count("federation_peers_refused_total", 1, { reason: "impostor" });
    out.log("warn", "peer_impostor", { peer: link.peer, claims: hello.hub.hubId });
    return { kind: "unfit" };
  }
  const version = negotiate(o.versions, { oldest: hello.oldestVersion, newest: hello.newestVersion });
  if (version === null) {
    o.metrics.count("federation_peers_refused_total", 1, { reason: "version" });
    out.log("warn", "peer_version", { peer: link.peer, oldest: hello.oldestVersion, newest: hello.newestVersion });
    return { kind: "unfit" };
  }
  const { hub, incarnation, instance } = hello;
  const greeting = { hub, incarnation, instance, version, standsIn: null };
  if (o.related(hub, null)) return { kind: "welcome", greeting };
  return { kind: version >= STAND_IN_SINCE && o.mayStandIn(hub) ? "candidate" : "stranger", greeting };
}

/** The candidate has said in whose place it comes; null when it has none here. */
export function admitted(o: LinksOptions, candidate: Greeting, standsIn: Leadership): Greeting | null {
  return o.related(candidate.hub, standsIn) ? { ...candidate, standsIn } : null;
}

/** What this end says of itself behind its hello, once it knows whom it talks to: two stand-ins say it to each other. */
export function credentials({ standsIn }: LinksOptions, { hub, version }: Greeting): Message[] {
  const leadership = version >= STAND_IN_SINCE ? standsIn(hub) : null;
  return leadership ? [{ kind: "stand-in", leadership }] : [];
}
