/** What the worker is written for, from the same file that deploys it, so that local and deployed runtimes agree. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface PlatformSettings {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
}

const WRANGLER = join(import.meta.dirname, "../../wrangler.toml");

export async function loadPlatformSettings(file = WRANGLER): Promise<PlatformSettings> {
  return platformSettings(await readFile(file, "utf8"), file);
}

/** The two top-level keys of a wrangler.toml that a runtime needs. */
export function platformSettings(toml: string, fileName: string): PlatformSettings {
  const date = /^compatibility_date\s*=\s*"(\d{4}-\d{2}-\d{2})"/m.exec(toml)?.[1];
  if (date === undefined) throw new Error(`${fileName} has no compatibility_date`);
  const flags = /^compatibility_flags\s*=\s*\[([^\]]*)\]/m.exec(toml)?.[1] ?? "";
  return {
    compatibilityDate: date,
    compatibilityFlags: [...flags.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? ""),
  };
}
