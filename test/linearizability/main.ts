/**
 * `node test/linearizability/main.ts FILE`: checks a recorded history. Exit code 0 when it is linearizable, 1 when it is not, 2 for bad
 * options or a file that is no history, 3 when it was too much to decide.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { check, type Finding, findingOf } from "./check.ts";
import { fromLines } from "./history-file.ts";
import { MOST_CONFIGURATIONS } from "./just-in-time.ts";
import { STORE_VERSIONS, type VersionRule } from "./key-value-model.ts";
import { describeVerdict } from "./report.ts";

const USAGE = `node test/linearizability/main.ts FILE [options]
  --rewrite successor|higher    the version after a write of a key that is there (${STORE_VERSIONS.rewrite})
  --recreate successor|higher   the version after a write of a key that was deleted (${STORE_VERSIONS.recreate})
  --limit N                     configurations explored for one key before it is given up (${MOST_CONFIGURATIONS})
  --json                        the verdict as JSON`;
const EXIT: Record<Finding, number> = { linearizable: 0, violated: 1, undecided: 3 };
const BAD_INPUT = 2;

const { file, versions, limit, json } = options();
const loaded = fromLines(text(file));
if (!loaded.ok) refuse(`${file}:${loaded.line}: ${loaded.problem}`);
const verdict = check(loaded.history, { versions, limit });
const finding = findingOf(verdict);
console.log(json ? JSON.stringify({ finding, ...verdict }, null, 2) : describeVerdict(verdict));
process.exitCode = EXIT[finding];

function options() {
  const { values, positionals } = arguments_();
  const [path, ...more] = positionals;
  if (values.help || path === undefined || more.length > 0) refuse(USAGE);
  const most = Number(values.limit);
  if (!(Number.isInteger(most) && most > 0)) refuse(`--limit ${values.limit}: expected a whole number above 0`);
  const rules = { rewrite: rule("rewrite", values.rewrite), recreate: rule("recreate", values.recreate) };
  return { file: path, versions: rules, limit: most, json: values.json };
}

function arguments_() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rewrite: { type: "string", default: STORE_VERSIONS.rewrite },
        recreate: { type: "string", default: STORE_VERSIONS.recreate },
        limit: { type: "string", default: String(MOST_CONFIGURATIONS) },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return refuse(`${(error as Error).message}\n${USAGE}`);
  }
}

function rule(name: string, value: string): VersionRule {
  if (value === "successor" || value === "higher") return value;
  return refuse(`--${name} ${value}: expected successor or higher`);
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(message: string): never {
  console.error(message);
  process.exit(BAD_INPUT);
}
