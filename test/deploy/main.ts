/** `npm run deploy:check`: what `wrangler deploy` would do, for every region of wrangler.toml. Exits with 1 when one would fail. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const regions = [...readFileSync(join(ROOT, "wrangler.toml"), "utf8").matchAll(/^\[env\.([\w-]+)\]$/gm)].map(
  (m) => m[1] as string,
);
if (regions.length === 0) throw new Error("wrangler.toml has no environment");

let failed = 0;
for (const region of regions) {
  const { status, stdout, stderr } = spawnSync("npx", ["wrangler", "deploy", "--dry-run", "--env", region], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" },
  });
  const upload = /Total Upload: .*/.exec(stdout)?.[0] ?? "no upload";
  console.log(`${status === 0 ? "ok    " : "FAILED"}  ${region.padEnd(16)}  ${upload}`);
  if (status === 0) continue;
  failed += 1;
  console.log(stdout, stderr);
}
console.log(`${regions.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
