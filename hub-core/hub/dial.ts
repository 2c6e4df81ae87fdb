/** One dial, if there is a place for it and an address to go to. */
import type { HubId, Millis } from "../common/types.ts";
import type { Dials } from "./dials.ts";
import type { LinkOutbox, LinksOptions } from "./link-surroundings.ts";

/** False when no dial is under way for it after this. */
export function dial(dials: Dials, o: LinksOptions, peer: HubId, now: Millis, out: LinkOutbox): boolean {
  if (peer === o.self.hubId) return false;
  const underWay = dials.underWay(peer);
  if (underWay && !dials.mayRepeat(peer, now)) return true;
  if (!underWay && dials.full) {
    // That says nothing of the peer: it is not backed off from.
    o.metrics.count("federation_link_dials_dropped_total", 1, { reason: "limit" });
    return false;
  }
  const hub = o.find(peer);
  if (!hub) {
    dials.failed(peer, now);
    o.metrics.count("federation_link_dials_dropped_total", 1, { reason: "address-unknown" });
    return false;
  }
  dials.begin(peer, o.dialTimeoutMs, now);
  o.metrics.count("federation_link_dials_total");
  out.openLink(hub, o.dialTimeoutMs);
  return true;
}
