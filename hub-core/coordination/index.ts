export { Coordination, LAPSE_MS, type Led, type Standing } from "./coordination.ts";
