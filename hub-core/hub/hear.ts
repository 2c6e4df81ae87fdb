/** What the links report, told to those whom it concerns. */
import { type Millis, unreachable } from "../common/types.ts";
import { deliver } from "./deliver.ts";
import type { StepEffects } from "./effects.ts";
import type { Hub } from "./hub.ts";
import type { LinkNews } from "./link-surroundings.ts";

export function hear(hub: Hub, news: LinkNews, now: Millis, out: StepEffects): void {
  const { meeting } = hub;
  switch (news.kind) {
    case "up":
      return linkUp(hub, news, now, out);
    case "down": {
      const group = meeting.groupOfPeer(news.peer);
      meeting.unlinked(news.peer);
      group?.gossip.peerDown(news.peer, now, out);
      hub.tests.peerDown(news.peer, now);
      hub.agreement.linkChanged(news.peer, false, now, out);
      group?.membership.linkClosed(news.peer, news.expected, now, out);
      return;
    }
    case "dial-failed": {
      meeting.groupOfPeer(news.peer)?.membership.dialFailed(news.peer, news.reason, now, out);
      return hub.registry.visited(news.peer, false, now, out);
    }
    case "refused":
      return meeting.groupOfPeer(news.peer)?.membership.linkRefused(news.peer, now);
    case "answered": {
      meeting.groupFor(news.hub)?.membership.heard(news.hub.hubId, now, out);
      return hub.registry.visited(news.hub.hubId, true, now, out);
    }
    case "message":
      return deliver(hub, meeting.groupOfPeer(news.from), news, now, out);
    default:
      return unreachable(news);
  }
}

function linkUp(hub: Hub, news: Extract<LinkNews, { kind: "up" }>, now: Millis, out: StepEffects): void {
  const { hubId, region } = news.hub;
  hub.remember(news.hub);
  const group = hub.meeting.groupFor(news.hub, news.standsIn ?? undefined);
  group?.membership.linkOpened(news, now, out);
  group?.gossip.peerUp({ hubId, region, rttMs: null }, now, out);
  if (!group) return;
  hub.meeting.linked(hubId, group);
  hub.tests.peerUp(hubId);
  hub.agreement.linkChanged(hubId, true, now, out);
}
