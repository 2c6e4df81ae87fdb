/**
 * The simulator itself: simulated hub-seconds per real second, invariants and workload included.
 *   node test/bench/simulator.ts [--quick] [--json]
 */
import { federation, parseFaults, realHubs, simulate } from "../simulation/index.ts";
import { printReport, thisMachine } from "./table.ts";

const quick = process.argv.includes("--quick");
const json = process.argv.includes("--json");

const rows = (quick ? [5, 21] : [5, 21, 51, 211]).flatMap((hubs) =>
  ["none", "all"].map((list) => {
    const faults = parseFaults(list);
    if ("unknown" in faults) throw new Error(faults.unknown);
    const start = performance.now();
    const outcome = simulate(
      {
        seed: 7,
        topology: federation(hubs, "responsive"),
        minutes: quick ? 1 : 2,
        faults: faults.names,
        exactly: true,
      },
      realHubs,
    );
    const real = (performance.now() - start) / 1_000;
    const hubSeconds = (hubs * outcome.simulatedMs) / 1_000;
    return [
      hubs,
      list,
      Math.round(hubSeconds),
      real.toFixed(2),
      Math.round(hubSeconds / real),
      Math.round(outcome.steps / real),
      outcome.failure?.invariant ?? "clean",
    ];
  }),
);

printReport(
  {
    title: "The simulator",
    machine: thisMachine(),
    columns: ["hubs", "faults", "hub-seconds", "real seconds", "hub-seconds per second", "steps per second", "outcome"],
    rows,
    notes: [],
  },
  json,
);
