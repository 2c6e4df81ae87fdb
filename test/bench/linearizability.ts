/**
 * The linearizability checker: operations checked per second, for histories of a store that is right (nothing ends the search early).
 *   node test/bench/linearizability.ts [--quick] [--json]
 */
import { check, findingOf } from "../linearizability/check.ts";
import { execute } from "../linearizability/generate.ts";
import { printReport, thisMachine } from "./table.ts";

const quick = process.argv.includes("--quick");
const json = process.argv.includes("--json");

const OPERATIONS = quick ? 10_000 : 100_000;
const HISTORIES = [
  { processes: 10, keys: 1, unknown: 0 },
  { processes: 50, keys: 1, unknown: 0 },
  { processes: 50, keys: 100, unknown: 0 },
  { processes: 50, keys: 100, unknown: 0.02 },
  { processes: 50, keys: 1_000, unknown: 0.1 },
];

const rows = HISTORIES.map((history) => {
  const { history: operations } = execute({ ...history, seed: 7, operations: OPERATIONS, refused: 0.05 });
  const start = performance.now();
  const busy = process.cpuUsage();
  const verdict = check(operations);
  const cpuSeconds = process.cpuUsage(busy).user / 1e6;
  const seconds = (performance.now() - start) / 1_000;
  return [
    history.processes,
    history.keys,
    `${100 * history.unknown} %`,
    OPERATIONS,
    seconds.toFixed(2),
    cpuSeconds.toFixed(2),
    Math.round(OPERATIONS / cpuSeconds),
    (verdict.configurations / OPERATIONS).toFixed(2),
    findingOf(verdict),
  ];
});

printReport(
  {
    title: "The linearizability checker (aim: 100,000 operations in 2 s)",
    machine: thisMachine(),
    columns: [
      "clients",
      "keys",
      "unanswered",
      "operations",
      "s",
      "CPU s",
      "operations per CPU s",
      "configurations each",
      "verdict",
    ],
    rows,
    notes: [],
  },
  json,
);
