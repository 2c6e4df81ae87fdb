/** One group's part of `GET /api/gossip/stats`. */
import type { HubId, Millis, RegionId } from "../common/types.ts";
import type { GossipMode, GossipStrategy } from "../config/hub-config.ts";
import type { GroupState } from "./group-state.ts";

export interface GossipStats {
  readonly strategy: GossipStrategy;
  readonly mode: GossipMode;
  readonly fanout: number;
  readonly interval_ms: number;
  /** Repair rounds; an idle group makes none. */
  readonly rounds: number;
  readonly messages_sent: number;
  readonly messages_received: number;
  readonly rumors_sent: number;
  readonly rumors_received: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly grafts: number;
  readonly prunes: number;
  /** Rumors announced again by repair rounds. */
  readonly repairs: number;
  /** Rumors that came in ranges. */
  readonly anti_entropy_rumors: number;
  readonly hop_limited: number;
  readonly dropped: number;
  readonly oversized: number;
  readonly bytes_sent: number;
  readonly bytes_received: number;
  /** Sent bytes over what they were uncompressed; 1 when nothing was compressed. */
  readonly compressed_ratio: number;
  readonly queue_depth: number;
  readonly queue_limit: number;
  readonly recent_rumors: number;
  readonly missing_rumors: number;
  readonly last_anti_entropy_at: string | null;
  readonly peers: readonly GossipPeerStats[];
}

export interface GossipPeerStats {
  readonly hub_id: HubId;
  readonly region: RegionId;
  readonly rtt_ms: number | null;
  /** In the tree of this hub's own rumors. */
  readonly link: "eager" | "lazy";
  readonly queued: number;
  readonly in_flight_bytes: number;
}

export function statsOf(state: GroupState, lastAntiEntropyAt: Millis | null): GossipStats {
  const { config, counters } = state;
  const peers = [...state.peers.values()].sort((a, b) => (a.hubId < b.hubId ? -1 : 1));
  const uncompressed = counters.value("bytes_uncompressed");
  return {
    strategy: config.strategy,
    mode: config.mode,
    fanout: config.fanout,
    interval_ms: config.intervalMs,
    rounds: counters.value("rounds"),
    messages_sent: counters.value("messages_sent"),
    messages_received: counters.value("messages_received"),
    rumors_sent: counters.value("rumors_sent"),
    rumors_received: counters.value("rumors_received"),
    duplicates: counters.value("duplicates"),
    rejected: counters.value("rejected"),
    grafts: counters.value("grafts"),
    prunes: counters.value("prunes"),
    repairs: counters.value("repairs"),
    anti_entropy_rumors: counters.value("anti_entropy_rumors"),
    hop_limited: counters.value("hop_limited"),
    dropped: counters.value("dropped"),
    oversized: counters.value("oversized"),
    bytes_sent: counters.value("bytes_sent"),
    bytes_received: counters.value("bytes_received"),
    compressed_ratio: uncompressed === 0 ? 1 : counters.value("bytes_sent") / uncompressed,
    queue_depth: peers.reduce((sum, { queue }) => sum + queue.size, 0),
    queue_limit: state.queueLimit,
    recent_rumors: state.recent.size,
    missing_rumors: state.missing.size,
    last_anti_entropy_at: lastAntiEntropyAt === null ? null : new Date(lastAntiEntropyAt).toISOString(),
    peers: peers.map((peer) => ({
      hub_id: peer.hubId,
      region: peer.region,
      rtt_ms: peer.rttMs,
      link: state.trees.isEager(state.self.hubId, peer.hubId) ? "eager" : "lazy",
      queued: peer.queue.size,
      in_flight_bytes: peer.sending.inFlightBytes,
    })),
  };
}
