import { expect, test } from "vitest";
import { infect, type Mutant } from "./mutant.ts";

const mutant: Mutant = {
  name: "says no",
  file: "x.ts",
  find: "return true;",
  replace: "return false;",
  scenario: [],
  withinSeeds: 1,
};

test("a mutant changes its line and nothing else", () => {
  expect(infect(mutant, "a();\nreturn true;\nb();")).toBe("a();\nreturn false;\nb();");
});

test("a mutant whose line is gone, or stands twice, is an error and no silent survivor", () => {
  expect(() => infect(mutant, "return 1;")).toThrow("0 times");
  expect(() => infect(mutant, "return true; return true;")).toThrow("2 times");
});
