export { requires } from "./requires.ts";
export type { Role } from "./roles.ts";
