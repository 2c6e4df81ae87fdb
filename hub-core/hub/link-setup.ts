import type { Metrics } from "../common/metrics.ts";
import type { Random } from "../common/random.ts";
import type { DurationMs } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { OLDEST_VERSION } from "../wire/versions.ts";
import type { Identity } from "./identity.ts";
import { Links } from "./links.ts";
import type { Meeting } from "./meeting.ts";
import type { StandingIn } from "./standing-in.ts";

/** Four round trips to the other side of the planet, for TCP, TLS and the upgrade. */
const SHORTEST_DIAL_MS = 2_000;

export interface LinkSetup {
  readonly config: HubConfig;
  readonly identity: Identity;
  readonly instance: number;
  /** The newest protocol version to speak. */
  readonly newest: number;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly meeting: Meeting;
  readonly standingIn: () => StandingIn;
}

export function openLinks({ config, identity, meeting, standingIn, ...setup }: LinkSetup): Links {
  return new Links({
    self: config.hub,
    incarnation: () => identity.incarnation,
    instance: setup.instance,
    versions: { oldest: OLDEST_VERSION, newest: setup.newest },
    network: config.network,
    dialTimeoutMs: dialTimeout(config),
    frames: { maxBytes: config.gossip.maxMessageBytes, compression: config.gossip.compression },
    random: setup.random,
    metrics: setup.metrics,
    countBytes: (peer, sent, received, uncompressed) =>
      meeting.groupOfPeer(peer)?.gossip.countBytes(sent, received, uncompressed),
    rttMs: (peer) => meeting.groupOfPeer(peer)?.membership.linkQuality(peer)?.rttMs,
    related: (hub, standsIn) => meeting.groupFor(hub, standsIn) !== undefined,
    mayStandIn: (hub) => meeting.mayStandIn(hub),
    standsIn: (hub) => standingIn().rightWith(meeting.groupFor(hub)),
    find: (id) => meeting.find(id),
  });
}

/** Long enough for a far hub, and not much longer: a dial that hangs in a partition should end with it. */
export function dialTimeout({ network, membership }: HubConfig): DurationMs {
  return Math.min(network.connectionTimeoutMs, Math.max(SHORTEST_DIAL_MS, 4 * membership.probeTimeoutMs));
}
