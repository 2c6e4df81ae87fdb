/** A look at all links every so often: how long their ways are, how used, and whether anyone of the others is still heard. */
import type { Millis } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { cutOffSince } from "./cut-off.ts";
import type { StepEffects } from "./effects.ts";
import type { Hub } from "./hub.ts";
import { LinkLoad, measureEvery } from "./link-load.ts";

/** Past its time by this much, it is the look of a hub that was paused. */
const LATE_MS = 1_000;

export class LinkLook {
  readonly #load = new LinkLoad();
  #nextAt: Millis;

  constructor({ membership }: HubConfig, now: Millis) {
    this.#nextAt = now + measureEvery(membership);
  }

  nextDeadline(): Millis {
    return this.#nextAt;
  }

  tick(hub: Hub, now: Millis, out: StepEffects): void {
    const { membership, gossip } = hub.config;
    const since = cutOffSince(hub.groups, membership, now);
    // Late, this hub was not listening: what has come meanwhile is still to be read.
    if (now - this.#nextAt <= LATE_MS) hub.registry.selfRecords.setCutOff(since, now, out);
    // That it hears again is news at once.
    this.#nextAt = now + (since === null ? measureEvery(membership) : membership.probeIntervalMs);
    const quality = (peer: string) => hub.meeting.groupOfPeer(peer)?.membership.linkQuality(peer);
    const measured = this.#load.measure(hub.links.greeted(), gossip.maxInFlightBytes, quality, now);
    for (const { peer, rttMs } of measured) {
      const other = hub.find(peer);
      if (other) hub.groupFor(other)?.gossip.peerUpdated({ hubId: peer, region: other.region, rttMs });
    }
    hub.registry.selfRecords.setLinks(measured, now, out);
    excuseFormer(hub, now, out);
  }
}

/** Those who failed while they stood in for another, and say now that they do no more, are not looked for in that group. */
function excuseFormer({ groups, registry }: Hub, now: Millis, out: StepEffects): void {
  for (const { membership } of groups) {
    for (const { identity, state, standsIn } of membership.members()) {
      if (state !== "failed" || !standsIn) continue;
      const leads = registry.catalog.hub(identity.hubId)?.record?.leads ?? [];
      if (!leads.some(({ parent }) => parent === standsIn.parent)) membership.excuse(identity.hubId, now, out);
    }
  }
}
