export { addressOf } from "./addressing.ts";
export { ask, askAny, askFullest, writeOptions } from "./ask.ts";
export { CLIENT_POSITION_HEADER, edgeName, forward } from "./forward.ts";
export { namespaceStubs } from "./hub-stub.ts";
export { Hubs } from "./hubs.ts";
export { nearestFirst, widestFirst } from "./nearest.ts";
export { whereabouts } from "./whereabouts.ts";
