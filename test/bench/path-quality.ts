/**
 * How good the latency model's choices are on real round trips: a client in one Azure region picks the nearest of 5 random
 * others by prediction. Wrong: more than 1 ms worse than the best of the five. Usage: path-quality.ts [--json]
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { greatCircleKm } from "../../hub-core/common/great-circle.ts";
import { Random } from "../../hub-core/common/random.ts";
import { unitVector } from "../../hub-core/routing/great-circle.ts";
import { Kriging, type PairObservation, priorMs } from "../../hub-core/routing/kriging.ts";
import { LatencyModel } from "../../hub-core/routing/latency-model.ts";
import { beliefOf, planMeasurements } from "../../hub-core/routing/measurement-plan.ts";
import { hubView, MemoryCatalog } from "../../hub-core/routing/testing/memory-catalog.ts";
import { AZURE_REGIONS } from "./azure-regions.ts";
import { printReport, thisMachine } from "./table.ts";

const FILE = fileURLToPath(new URL("../../../shared/data/latency/azure-p50-2026-az-scout.csv", import.meta.url).href);
const MEASURED_PART = 0.1;
const OFFERED = 5;
const QUESTIONS = 40_000;
const RANDOM_DRAWS = 5;
/** Pairs measured before the model is fitted again. */
const BATCH = 3;

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
function predictions(matrix: Matrix, measured: readonly Pair[]): number[][] {
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
  const model = LatencyModel.of(catalog);
  return matrix.names.map((_, a) => matrix.names.map((_, b) => model.between(at(matrix, a), at(matrix, b)).ms));
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

/** The federation measures where its own model says that it pays, a few pairs at a time. It sees what it measured, no more. */
function plannedPairs(matrix: Matrix, budget: number): Pair[] {
  const places = matrix.names.map((_, i) => unitVector(at(matrix, i)));
  const missing = new Set<string>();
  const measured: Pair[] = [];
  while (measured.length < budget) {
    const observations: PairObservation[] = measured.map((pair) => ({
      a: pair[0],
      b: pair[1],
      rttMs: measure(matrix, pair),
    }));
    const kriging = Kriging.fit(places, observations);
    const believed = kriging ? beliefOf(kriging) : (a: number, b: number) => beforeAll(matrix, a, b);
    const plan = planMeasurements(
      places.length,
      (a, b) => (missing.has(`${a}-${b}`) ? { ...believed(a, b), deviation: 0 } : believed(a, b)),
      Math.min(BATCH, budget - measured.length),
    );
    if (plan.length === 0) break;
    for (const { a, b } of plan) {
      if (Number.isNaN(measure(matrix, [a, b]))) missing.add(`${a}-${b}`);
      else measured.push([a, b]);
    }
  }
  return measured;
}

/** Geography, known to be off by about half. */
function beforeAll(matrix: Matrix, a: number, b: number): { mean: number; deviation: number } {
  const mean = priorMs(greatCircleKm(at(matrix, a), at(matrix, b)));
  return { mean, deviation: mean * 0.4 };
}

function main(): void {
  if (!existsSync(FILE)) {
    console.log("path-quality: skipped, the latency matrix is not here (../shared/data/latency)");
    return;
  }
  const matrix = readMatrix();
  const pairs = allPairs(matrix);
  const budget = Math.floor(pairs.length * MEASURED_PART);
  const rows: { name: string; pairs: number; quality: Quality }[] = [];
  const add = (name: string, measured: readonly Pair[]): void => {
    rows.push({ name, pairs: measured.length, quality: qualityOf(matrix, predictions(matrix, measured)) });
  };
  add("geography alone", []);
  for (let draw = 1; draw <= RANDOM_DRAWS; draw++) {
    add(`random pairs, draw ${draw}`, new Random(draw).sample(pairs, budget));
  }
  add("planned pairs", plannedPairs(matrix, budget));
  add("planned pairs, twice as many", plannedPairs(matrix, 2 * budget));
  add("every pair", pairs.slice());
  report(matrix, pairs.length, rows);
}

function report(
  matrix: Matrix,
  pairs: number,
  rows: readonly { readonly name: string; readonly pairs: number; readonly quality: Quality }[],
): void {
  printReport(
    {
      title: `Path quality: ${matrix.names.length} regions, ${pairs} pairs, ${QUESTIONS} questions of ${OFFERED} regions`,
      machine: thisMachine(),
      columns: ["measured", "pairs", "wrong %", "p99 loss ms", "mean loss ms"],
      rows: rows.map(({ name, pairs: count, quality }) => [
        name,
        count,
        quality.wrongPercent.toFixed(2),
        quality.p99LossMs.toFixed(1),
        quality.meanLossMs.toFixed(2),
      ]),
      notes: ["wrong: the chosen region is more than 1 ms worse than the best of those offered"],
    },
    process.argv.includes("--json"),
  );
}

main();
