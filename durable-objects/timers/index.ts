export { type Clocks, HubTimers } from "./hub-timers.ts";
export type { DueTimer } from "./timer-table.ts";
