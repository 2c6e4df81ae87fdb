import { expect, test } from "vitest";
import { PART_NAMES, programFor } from "./program.ts";

test.each(PART_NAMES)("the help of %s fits 80 columns, and tells of options that only it has loaded", async (name) => {
  const program = await programFor([name]);
  const command = program.commands.find((candidate) => candidate.name() === name);
  const loaded = program.commands.filter(({ options, commands }) => options.length + commands.length > 0);
  expect(loaded).toEqual([command]);
  for (const part of [command, ...(command?.commands ?? [])]) {
    const help = part?.helpInformation() ?? "";
    expect(help).toContain("Usage: mpreg ");
    expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
  }
});

test("the help of all names every command, in 80 columns", async () => {
  const help = (await programFor(["--help"])).helpInformation();
  for (const name of PART_NAMES) expect(help).toContain(`\n  ${name} `);
  expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
});
