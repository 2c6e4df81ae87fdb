/** `npm run bench [-- --quick --json] [-- name…]`: every benchmark, one after the other, so that none disturbs another. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const HERE = import.meta.dirname;
/** Helpers of the benchmarks, and this file. */
const NOT_BENCHES = new Set(["main.ts", "table.ts", "azure-regions.ts"]);

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const all = readdirSync(HERE)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !NOT_BENCHES.has(file))
  .map((file) => file.replace(/\.ts$/, ""));
const unknown = named.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark named ${unknown.join(", ")}; there are ${all.join(", ")}`);
  process.exit(2);
}

let failed = 0;
for (const name of named.length > 0 ? named : all) {
  console.log(`\n── ${name} ──`);
  const { status } = spawnSync(process.execPath, [join(HERE, `${name}.ts`), ...flags], { stdio: "inherit" });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
