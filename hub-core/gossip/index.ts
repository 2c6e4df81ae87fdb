export { Gossip } from "./gossip.ts";
export type { GossipRequest } from "./requests.ts";
export { TEST_MESSAGE_TTL_MS, TestMessages } from "./test-messages.ts";
