export { edgeUrl, peerUrl } from "./peer-address.ts";
export { PeerLinks } from "./peer-links.ts";
export { PeerTokens } from "./peer-token.ts";
export { ReplayGuard } from "./replay-guard.ts";
