/** The simulator as benchmarks and tests use it. */
export { membersDiffer } from "./convergence.ts";
export { parseFaults } from "./faults/plan.ts";
export { realHubs } from "./hub-kind.ts";
export type { Profile } from "./hub-settings.ts";

export type { SimHub } from "./sim-hub.ts";
export { awaitQuiet, simulate } from "./simulation.ts";
export { federation, flatGroup } from "./topology.ts";
export { Trace } from "./trace.ts";
export { populate } from "./workload/population.ts";
export { World } from "./world.ts";
