/**
 * How good the latency model's choices are on real round trips: a client in one Azure region picks the nearest of 5 random
 * others by prediction. Wrong: more than 1 ms worse than the best of the five. Usage: path-quality.ts [--json]
 *
 * Sounded pairs are those that the federation's hubs choose themselves, one hub in each region, in turns, each knowing what was
 * measured so far. Which turn comes first, and which regions there are, matters: so the spread over draws of both is told.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { greatCircleKm } from "../../hub-core/common/great-circle.ts";
import { Random } from "../../hub-core/common/random.ts";
import { LatencyModel } from "../../hub-core/routing/latency-model.ts";
import { worthMeasuring } from "../../hub-core/routing/measurement-plan.ts";
import { hubView, MemoryCatalog } from "../../hub-core/routing/testing/memory-catalog.ts";
import { AZURE_REGIONS } from "./azure-regions.ts";
import { median, printReport, thisMachine } from "./table.ts";

const FILE = fileURLToPath(new URL("../../../shared/data/latency/azure-p50-2026-az-scout.csv", import.meta.url).href);
const MEASURED_PART = 0.1;
const OFFERED = 5;
const QUESTIONS = 40_000;
const DRAWS = 7;
/** Regions of those draws that leave some out. */
const SUBSET = 35;

interface Matrix {
  readonly names: readonly string[];
  /** ms from row to column; NaN where the file has none. */
  readonly rtt: readonly (readonly number[])[];
}

interface Quality {
  readonly wrongPercent: number;
  readonly p99LossMs: number;
  readonly meanLossMs: number;
}

type Pair = readonly [number, number];

function readMatrix(): Matrix {
  const rows = readFileSync(FILE, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(","));
  const columns = (rows[0] as string[]).slice(1);
  const names = [...new Set([...columns, ...rows.slice(1).map((row) => row[0] as string)])].sort();
  const unknown = names.filter((name) => !AZURE_REGIONS[name]);
  if (unknown.length > 0) throw new Error(`no position for ${unknown.join(", ")}`);
  const cell = new Map(
    rows.slice(1).flatMap((row) => columns.map((to, i) => [`${row[0]}>${to}`, row[i + 1]] as const)),
  );
  const rtt = names.map((from) =>
    names.map((to) => {
      const text = cell.get(`${from}>${to}`);
      return text ? Number(text) : Number.NaN;
    }),
  );
  return { names, rtt };
}

/** Both directions' mean: what a link measures. */
function measure({ rtt }: Matrix, [a, b]: Pair): number {
  const known = [rtt[a]?.[b], rtt[b]?.[a]].filter((ms) => ms !== undefined && !Number.isNaN(ms)) as number[];
  return known.reduce((sum, ms) => sum + ms, 0) / known.length;
}

function allPairs(matrix: Matrix): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < matrix.names.length; a++) {
    for (let b = 0; b < a; b++) if (!Number.isNaN(measure(matrix, [a, b]))) pairs.push([a, b]);
  }
  return pairs;
}

function at(matrix: Matrix, region: number): { latitude: number; longitude: number } {
  const position = AZURE_REGIONS[matrix.names[region] as string];
  if (!position) throw new Error("every region has a position");
  return position;
}

/** The production model, over a catalog in which each region has one hub and the measured pairs are its links. */
function modelOf(matrix: Matrix, measured: readonly Pair[]): LatencyModel {
  const catalog = new MemoryCatalog();
  for (const [i, name] of matrix.names.entries()) catalog.putHub(hubView({ hubId: name, at: at(matrix, i) }));
  for (const [i, name] of matrix.names.entries()) {
    const own = measured.filter(([a]) => a === i);
    catalog.putLinks(
      name,
      own.map((pair) => ({
        peer: matrix.names[pair[1]] as string,
        rttMs: measure(matrix, pair),
        loss: 0,
        utilisation: 0,
      })),
    );
  }
  return LatencyModel.of(catalog);
}

function predictions(matrix: Matrix, measured: readonly Pair[]): number[][] {
  const model = modelOf(matrix, measured);
  return matrix.names.map((_, a) => matrix.names.map((_, b) => model.between(at(matrix, a), at(matrix, b)).ms));
}

/** What the model would choose by, did it know of no cables. */
function greatCircles(matrix: Matrix): number[][] {
  return matrix.names.map((_, a) => matrix.names.map((_, b) => greatCircleKm(at(matrix, a), at(matrix, b))));
}

function qualityOf({ names, rtt }: Matrix, predicted: readonly (readonly number[])[]): Quality {
  const random = new Random(20_26);
  const regions = names.map((_, i) => i);
  const losses: number[] = [];
  while (losses.length < QUESTIONS) {
    const client = random.below(names.length);
    const row = rtt[client] as readonly number[];
    const offered = random.sample(
      regions.filter((i) => i !== client && !Number.isNaN(row[i] as number)),
      OFFERED,
    );
    if (offered.length < OFFERED) continue;
    const guess = predicted[client] as readonly number[];
    const chosen = offered.reduce((best, i) => ((guess[i] as number) < (guess[best] as number) ? i : best));
    losses.push((row[chosen] as number) - Math.min(...offered.map((i) => row[i] as number)));
  }
  losses.sort((a, b) => a - b);
  return {
    wrongPercent: (100 * losses.filter((loss) => loss > 1).length) / losses.length,
    p99LossMs: losses[Math.floor(losses.length * 0.99)] as number,
    meanLossMs: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  };
}

/** What hubs sound by themselves, in turns, until the budget is used up. They see what was measured, no more. */
function soundedPairs(matrix: Matrix, budget: number, seed: number): Pair[] {
  const turns = new Random(seed).shuffle(matrix.names.map((_, i) => i));
  const measured: Pair[] = [];
  const content = new Set<number>();
  for (let turn = 0; measured.length < budget && content.size < turns.length; turn++) {
    const hub = turns[turn % turns.length] as number;
    const model = modelOf(matrix, measured);
    const client = model.client({ ...at(matrix, hub), source: "region" });
    const others = [...matrix.names.keys()].filter((to) => to !== hub && !Number.isNaN(measure(matrix, [hub, to])));
    const worth = worthMeasuring(others.map((to) => model.belief(client, model.site(at(matrix, to)))));
    if (worth === null) content.add(hub);
    else measured.push([hub, others[worth] as number]);
  }
  return measured;
}

/** Some of the regions, as if there were no others. */
function subset({ names, rtt }: Matrix, count: number, seed: number): Matrix {
  const kept = new Random(seed).sample([...names.keys()], count).sort((a, b) => a - b);
  return {
    names: kept.map((i) => names[i] as string),
    rtt: kept.map((i) => kept.map((j) => rtt[i]?.[j] ?? Number.NaN)),
  };
}

/** Median, lowest and highest over the draws. */
function spreadOf(draws: readonly Quality[]): { wrong: string; p99: string; mean: string } {
  const tell = (values: readonly number[], digits: number): string =>
    `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`;
  return {
    wrong: tell(
      draws.map(({ wrongPercent }) => wrongPercent),
      1,
    ),
    p99: tell(
      draws.map(({ p99LossMs }) => p99LossMs),
      0,
    ),
    mean: tell(
      draws.map(({ meanLossMs }) => meanLossMs),
      2,
    ),
  };
}

function main(): void {
  if (!existsSync(FILE)) {
    console.log("path-quality: skipped, the latency matrix is not here (../shared/data/latency)");
    return;
  }
  const matrix = readMatrix();
  const seeds = Array.from({ length: DRAWS }, (_, i) => i + 1);
  const rows: string[][] = [];
  const addRow = (name: string, qualities: readonly Quality[], pairs: number): void => {
    const { wrong, p99, mean } = spreadOf(qualities);
    rows.push([name, String(qualities.length), String(pairs), wrong, p99, mean]);
  };
  const add = (name: string, draws: readonly { matrix: Matrix; measured: readonly Pair[] }[]): void => {
    const qualities = draws.map((draw) => qualityOf(draw.matrix, predictions(draw.matrix, draw.measured)));
    addRow(name, qualities, median(draws.map(({ measured }) => measured.length)));
  };
  const budgetOf = (of: Matrix, part: number): number => Math.floor(allPairs(of).length * part);
  const randomly = (of: Matrix, seed: number) => ({
    matrix: of,
    measured: new Random(seed).sample(allPairs(of), budgetOf(of, MEASURED_PART)),
  });
  const sounded = (of: Matrix, seed: number, part = MEASURED_PART) => ({
    matrix: of,
    measured: soundedPairs(of, budgetOf(of, part), seed),
  });
  const some = seeds.map((seed) => subset(matrix, SUBSET, 100 + seed));
  addRow("great circles alone", [qualityOf(matrix, greatCircles(matrix))], 0);
  add("geography alone", [{ matrix, measured: [] }]);
  add(
    "random pairs",
    seeds.map((seed) => randomly(matrix, seed)),
  );
  add(
    "sounded pairs",
    seeds.map((seed) => sounded(matrix, seed)),
  );
  add(
    "sounded pairs, twice as many",
    seeds.map((seed) => sounded(matrix, seed, 2 * MEASURED_PART)),
  );
  add("every pair", [{ matrix, measured: allPairs(matrix) }]);
  add(
    `${SUBSET} regions: geography alone`,
    some.map((of) => ({ matrix: of, measured: [] })),
  );
  add(
    `${SUBSET} regions: random pairs`,
    some.map((of, i) => randomly(of, i)),
  );
  add(
    `${SUBSET} regions: sounded pairs`,
    some.map((of, i) => sounded(of, i)),
  );
  report(matrix, rows);
}

function report(matrix: Matrix, rows: readonly (readonly string[])[]): void {
  printReport(
    {
      title: `Path quality: ${matrix.names.length} regions, ${allPairs(matrix).length} pairs, ${QUESTIONS} questions of ${OFFERED} regions`,
      machine: thisMachine(),
      columns: ["measured", "draws", "pairs", "wrong %", "p99 loss ms", "mean loss ms"],
      rows,
      notes: [
        "wrong: the chosen region is more than 1 ms worse than the best of those offered",
        "median (lowest-highest) over draws: of the pairs, of the order in which hubs take turns, of the regions there are",
      ],
    },
    process.argv.includes("--json"),
  );
}

main();
