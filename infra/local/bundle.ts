/** The worker, bundled as the platform would bundle it. */
import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { makeDirectory } from "./files.ts";

const ROOT = join(import.meta.dirname, "../..");

export interface Bundle {
  readonly file: string;
  readonly bytes: number;
  readonly hash: string;
}

export async function bundleWorker(directory: string, entry = join(ROOT, "workers/index.ts")): Promise<Bundle> {
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    loader: { ".sql": "text" },
    keepNames: true,
    logLevel: "silent",
  });
  const output = result.outputFiles[0];
  if (!output) throw new Error(`${entry} bundled to nothing`);
  const hash = createHash("sha256").update(output.contents).digest("hex").slice(0, 12);
  await makeDirectory(directory);
  const file = join(directory, "worker.mjs");
  // Renamed into place: a runtime that starts meanwhile reads the old bundle or the new one, never half of one.
  await writeFile(`${file}.${process.pid}`, output.contents);
  await rename(`${file}.${process.pid}`, file);
  return { file, bytes: output.contents.length, hash };
}
