/** Explorations in processes of their own, each with the machine loaded as it wants it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Verdict } from "./main.ts";

const run = promisify(execFile);
export const TIMEOUT_MS = 300_000;

export async function verdictOf(...options: string[]): Promise<Verdict> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "main.ts"), "--json", ...options]);
  return JSON.parse(stdout) as Verdict;
}
