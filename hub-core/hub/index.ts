export { CONFIG_KEY, RESERVED } from "./decisions/keys.ts";
export { Hub } from "./hub.ts";
export type { HubLocation, Request } from "./requests.ts";
export type { MetricsSnapshot } from "./status.ts";
