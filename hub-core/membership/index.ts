export { Membership } from "./membership.ts";
export type { Greeted } from "./twins.ts";
