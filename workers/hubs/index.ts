export { addressOf } from "./addressing.ts";
export { ask, HUB_HEADER } from "./ask.ts";
export { CLIENT_POSITION_HEADER, forward } from "./forward.ts";
export { type HubStub, namespaceStubs, type StubOf } from "./hub-stub.ts";
export { type Asked, Hubs } from "./hubs.ts";
export { nearestFirst } from "./nearest.ts";
