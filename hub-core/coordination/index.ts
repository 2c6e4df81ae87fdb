export { Coordination, type Led, type Standing } from "./coordination.ts";
