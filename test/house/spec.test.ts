import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, sourceFiles } from "./source-files.ts";

const RULE = /^\| ([A-Z]+-\d+) +\|/gm;
const SPEC = join(root, "hub-core/SPEC");

const rules = readdirSync(SPEC).flatMap((file) =>
  [...readFileSync(join(SPEC, file), "utf8").matchAll(RULE)].map((match) => match[1] as string),
);

/** Rule ids named in the titles of tests, which are strings that begin so, whether in a call or in a table of cases. */
const tested = new Set(
  ["hub-core", "test", "durable-objects", "workers"]
    .flatMap(sourceFiles)
    .filter(({ path }) => path.endsWith(".test.ts"))
    .flatMap(({ text }) => [...text.matchAll(/["'`]((?:[A-Z]+-\d+(?:, | and )?)+):/g)])
    .flatMap((match) => [...(match[1] as string).matchAll(/\b[A-Z]+-\d+\b/g)].map((id) => id[0])),
);

test("rules have one id each", () => {
  expect(rules.length).toBeGreaterThan(40);
  expect(rules.filter((rule, index) => rules.indexOf(rule) !== index)).toEqual([]);
});

test("every rule of the specification has a test that names it", () => {
  expect(rules.filter((rule) => !tested.has(rule))).toEqual([]);
});

test("tests name only rules that exist", () => {
  const families = new Set(rules.map((rule) => rule.split("-")[0]));
  const unknown = [...tested].filter((id) => families.has(id.split("-")[0] as string) && !rules.includes(id));
  expect(unknown).toEqual([]);
});

test("the overview names the rules of every part", () => {
  const overview = readFileSync(join(root, "hub-core/SPEC.md"), "utf8");
  for (const file of readdirSync(SPEC)) {
    const row = overview.split("\n").find((line) => line.includes(`(SPEC/${file})`)) ?? "";
    const families = [...readFileSync(join(SPEC, file), "utf8").matchAll(RULE)].map(([, id]) => id?.split("-")[0]);
    const named = [...row.matchAll(/`([A-Z]+)-\*`/g)].map(([, family]) => family);
    expect(named.sort()).toEqual([...new Set(families)].sort());
  }
});
