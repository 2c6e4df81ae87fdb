export { Gossip } from "./gossip.ts";
export type { GossipOptions } from "./group-state.ts";
export type { GossipMessage, ReceiptMessage } from "./messages.ts";
export type { GossipPeer } from "./peer.ts";
export type { GossipRequest } from "./requests.ts";
export type { GossipStats } from "./stats.ts";
export { TEST_MESSAGE_TTL_MS, TestMessages, type TestMessagesOptions, type TestReport } from "./test-messages.ts";
