/** The public face of state. */
export { EventualState } from "./eventual/eventual-state.ts";
export * from "./requests.ts";
