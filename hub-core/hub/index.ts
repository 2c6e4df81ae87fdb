export { CONFIG_KEY, RESERVED, regionKey } from "./decisions/keys.ts";
export { Hub } from "./hub.ts";
export type { HubLocation, Request } from "./requests.ts";
export type { MetricsSnapshot } from "./status.ts";
