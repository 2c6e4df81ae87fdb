/**
 * The simulator itself: simulated hub-seconds per real second, and simulated hours per real minute, invariants and workload included.
 *   node test/bench/simulator.ts [--quick] [--json]
 */
import { federation, flatGroup, parseFaults, realHubs, simulate } from "../simulation/index.ts";
import { printReport, thisMachine } from "./table.ts";

const quick = process.argv.includes("--quick");
const json = process.argv.includes("--json");

const topologies = [
  { name: "a group of 5 voters", topology: flatGroup(5, "responsive") },
  ...(quick ? [5, 21] : [5, 21, 51, 211]).map((hubs) => ({
    name: `a federation of ${hubs}`,
    topology: federation(hubs, "responsive"),
  })),
];

const rows = topologies.flatMap(({ name, topology }) =>
  ["none", "all"].map((list) => {
    const faults = parseFaults(list);
    if ("unknown" in faults) throw new Error(faults.unknown);
    const start = performance.now();
    const outcome = simulate(
      { seed: 7, topology, minutes: quick ? 1 : 2, faults: faults.names, exactly: true },
      realHubs,
    );
    const real = (performance.now() - start) / 1_000;
    const hubSeconds = (topology.hubs.length * outcome.simulatedMs) / 1_000;
    return [
      name,
      list,
      Math.round(hubSeconds),
      real.toFixed(2),
      Math.round(hubSeconds / real),
      (outcome.simulatedMs / 60_000 / real).toFixed(2),
      Math.round(outcome.steps / real),
      outcome.failure?.invariant ?? "clean",
    ];
  }),
);

printReport(
  {
    title: "The simulator",
    machine: thisMachine(),
    columns: [
      "hubs",
      "faults",
      "hub-seconds",
      "real seconds",
      "hub-seconds per second",
      "simulated hours per minute",
      "steps per second",
      "outcome",
    ],
    rows,
    notes: [],
  },
  json,
);
