export { addressOf } from "./addressing.ts";
export { ask, askAny, askFullest, writeOptions } from "./ask.ts";
export { edgeName, forward } from "./forward.ts";
export { FROM_CLIENT, type Handover, Handovers } from "./handover.ts";
export { namespaceStubs } from "./hub-stub.ts";
export { Hubs } from "./hubs.ts";
export { nearestFirst, widestFirst } from "./nearest.ts";
export { whereabouts } from "./whereabouts.ts";
