import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface SourceFile {
  /** Relative to the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Project files it imports, relative to the root. */
  readonly imports: readonly string[];
  /** Packages and platform modules it imports. */
  readonly packages: readonly string[];
}

/** `from "…"`, `import "…"`, `import("…")`: type imports too, for they are dependencies of the reader. */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)"([^"]+)"/g;

export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes("node_modules"))
    .sort()
    .map(read);
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const targets = [...text.matchAll(IMPORT)].map((match) => match[1] as string);
  return {
    path,
    text,
    imports: targets.filter((t) => t.startsWith(".")).map((t) => normalize(join(dirname(path), t))),
    packages: targets.filter((t) => !t.startsWith(".")),
  };
}
