/** What each metric means, for the `HELP` line. A metric that is not here is described by its own name. */

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  federation_nodes_total: "Hubs that this hub knows of",
  federation_nodes_healthy: "Hubs that are alive as far as this hub knows",
  federation_clusters: "Clusters in the catalog of this hub, by state",
  federation_services: "Services in the catalog of this hub",
  federation_links_open: "Peer links that are open",
  federation_uptime_seconds: "Time since this run of the hub began",
  federation_limit_used: "How much of a configured limit is used",
  federation_limit_max: "A configured limit",
  federation_peers_refused_total: "Peers that were refused, by reason",
  federation_links_refused_total: "Links that were refused at a limit, by reason",
  federation_link_dials_total: "Dials to peers",
  federation_link_dials_failed_total: "Dials that came to nothing, by reason",
  federation_link_dials_dropped_total: "Dials that were not tried, by reason",
  federation_frames_sent_total: "Frames sent on peer links",
  federation_frames_received_total: "Frames received on peer links",
  federation_frames_rejected_total: "Frames that were counted and dropped, by reason",
  federation_bytes_sent_total: "Bytes sent on peer links",
  federation_bytes_received_total: "Bytes received on peer links",
  federation_messages_unsent_total:
    "Messages for peers without a link, or of a version that does not know them, by kind",
  federation_messages_parted_total: "Messages sent in parts, as no frame can hold them, by kind",
  federation_messages_oversized_total: "Messages that no frame can hold, nor the parts that they may have, by kind",
  federation_message_parts_dropped_total: "Messages in parts that were dropped before they were whole, by reason",
  federation_clones_detected_total: "Other runs of this hub that were noticed",
  federation_metric_series_folded_total: "Series that were not kept, at the limit of series",
  gossip_message_latency:
    "From the making of a rumor to its arrival here, in seconds (alias of gossip_message_latency_seconds)",
  gossip_message_latency_seconds: "From the making of a rumor to its arrival here, in seconds",
  consensus_proposal_time: "From a proposal to its decision, in seconds (alias of consensus_proposal_time_seconds)",
  consensus_proposal_time_seconds: "From a proposal to its decision, in seconds",
  membership_failures_total: "Hubs declared failed by this hub's groups",
  storage_rows_written_total: "Rows written to storage",
  storage_alarms_set_total: "Alarms set, each billed as a row written",
  membership_suspicions_total: "Hubs that this hub began to suspect",
  membership_probes_total: "Probes, by kind and outcome",
};

export function describe(name: string): string {
  return DESCRIPTIONS[name] ?? name.replaceAll("_", " ");
}
