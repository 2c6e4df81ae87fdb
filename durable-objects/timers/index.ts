export { HubTimers } from "./hub-timers.ts";
