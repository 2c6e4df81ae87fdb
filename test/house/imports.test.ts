import { expect, test } from "vitest";
import { type SourceFile, sourceFiles } from "./source-files.ts";

const isTest = (path: string): boolean => /\.(test|test-helper)\.ts$/.test(path);
const folderOf = (path: string): string => path.split("/").slice(0, 2).join("/");

/** What each top folder may import, beside itself. */
const ALLOWED: Record<string, readonly string[]> = {
  "hub-core": [],
  "durable-objects": ["hub-core"],
  workers: ["durable-objects", "hub-core"],
  infra: ["hub-core"],
};

/** Shared ground below the machines: any machine may look inside. */
const SHARED = ["hub-core/common", "hub-core/wire", "hub-core/config"];
const PURE_PACKAGES = ["zod", "yaml", "fflate", "flatqueue"];
const PURE_TEST_PACKAGES = [...PURE_PACKAGES, "vitest", "fast-check"];

test.each(Object.keys(ALLOWED))("imports of %s run one way", (folder) => {
  const outward = sourceFiles(folder)
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, imports }) => imports.map((target) => ({ path, target, top: target.split("/")[0] as string })))
    .filter(({ top }) => top !== folder && !ALLOWED[folder]?.includes(top));
  expect(outward).toEqual([]);
});

test("infra sees of the core only its configuration and shared types", () => {
  const inward = sourceFiles("infra")
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, imports }) => imports.map((target) => ({ path, target })))
    .filter(({ target }) => target.startsWith("hub-core/"))
    .filter(({ target }) => !["hub-core/config", "hub-core/common"].includes(folderOf(target)));
  expect(inward).toEqual([]);
});

test("hub-core imports only pure packages", () => {
  const impure = sourceFiles("hub-core").flatMap(({ path, packages }) =>
    packages
      .filter(
        (name) =>
          !(isTest(path) ? [...PURE_TEST_PACKAGES, "node:fs", "node:url", "node:path"] : PURE_PACKAGES).includes(name),
      )
      .map((name) => ({ path, name })),
  );
  expect(impure).toEqual([]);
});

test("a machine never looks into its sibling: only index.ts crosses a folder of the core", () => {
  const inside = sourceFiles("hub-core")
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, imports }) => imports.map((target) => ({ path, target })))
    .filter(({ path, target }) => folderOf(path) !== folderOf(target))
    .filter(({ target }) => target.startsWith("hub-core/") && !SHARED.includes(folderOf(target)))
    .filter(({ path, target }) => !target.endsWith("/index.ts") || folderOf(path) !== "hub-core/hub");
  expect(inside).toEqual([]);
});

test("hub-core has no clock, no chance, no timers and no waiting", () => {
  const forbidden = /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|performance\.now|await |async )\b/;
  const impure = sourceFiles("hub-core")
    .filter(({ path }) => !isTest(path))
    .filter(({ text }) => forbidden.test(text))
    .map(({ path }) => path);
  expect(impure).toEqual([]);
});

test("files stay small enough to hold one idea", () => {
  const lines = ({ text }: SourceFile): number => text.split("\n").length - 1;
  const long = [...Object.keys(ALLOWED), "test"]
    .flatMap(sourceFiles)
    .filter((file) => lines(file) > 400)
    .map((file) => `${file.path}: ${lines(file)} lines`);
  expect(long).toEqual([]);
});
