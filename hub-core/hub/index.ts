export { Hub } from "./hub.ts";
export type { HubLocation, Request } from "./requests.ts";
export type { MetricsSnapshot } from "./status.ts";
