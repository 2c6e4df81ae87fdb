export type { CheckOutcome, DialFailure, Effect, HubEvent, LinkId, StoredState, TimerName } from "./contract.ts";
export { Hub, type HubOptions } from "./hub.ts";
export type { HubLocation, Request } from "./requests.ts";
export type { MetricsSnapshot } from "./status.ts";
