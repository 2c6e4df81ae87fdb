export { edgeUrl, peerUrl } from "./peer-address.ts";
export { PeerLinks } from "./peer-links.ts";
export { bearerToken, PeerTokens } from "./peer-token.ts";
export { ReplayGuard } from "./replay-guard.ts";
