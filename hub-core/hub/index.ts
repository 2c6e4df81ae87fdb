export type { CheckOutcome, DialFailure, Effect, HubEvent, LinkId, StoredState, TimerName } from "./contract.ts";
export { Hub, type HubOptions } from "./hub.ts";
export type { Request } from "./requests.ts";
