import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./source-files.ts";

const READMES = ["hub-core", "durable-objects", "workers", "infra", "test"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith("README.md") && !path.includes("node_modules"))
  .sort();

/** Those that a reader looks for in the map: tests stand beside what they test, and an index says nothing of its own. */
function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".ts"))
    .filter((name) => name !== "index.ts" && !/\.(test|planet|config|test-helper|d)\.ts$/.test(name));
}

/** `name.ts`, with a star for what several have in common. */
function namedIn(readme: string): RegExp[] {
  const names = readFileSync(join(root, readme), "utf8").matchAll(/[\w*.-]+\.ts\b/g);
  return [...names].map(([name]) => new RegExp(`^${name.replaceAll(".", "\\.").replaceAll("*", ".*")}$`));
}

test.each(READMES)("%s names every file of its folder", (readme) => {
  const named = namedIn(readme);
  const missing = sourcesIn(dirname(readme)).filter((name) => !named.some((pattern) => pattern.test(name)));
  expect(missing).toEqual([]);
});
