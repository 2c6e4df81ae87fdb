import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeDirectory, readJson, readText, UnusablePath, useStateDirectory } from "./files.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mpreg-files-"));
  await writeFile(join(directory, "file"), "{ torn");
});
afterAll(() => rm(directory, { recursive: true }));

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnusablePath);
  return (error as UnusablePath).message;
}

test("a directory is made with all that is missing above it, by several at once", async () => {
  const path = join(directory, "a/b/c");
  await Promise.all([makeDirectory(path), makeDirectory(path), makeDirectory(join(path, "d"))]);
  expect((await stat(join(path, "d"))).isDirectory()).toBe(true);
});

test("a file in the way is named", async () => {
  const file = join(directory, "file");
  for (const path of [file, join(file, "below")]) {
    expect(await refusal(useStateDirectory(path))).toBe(
      `the directory ${path} cannot be used: ${file} is a file: name another with --state-dir`,
    );
  }
});

test.runIf(process.platform === "linux")(
  "where a file system takes no directories, that is said, at once",
  async () => {
    expect(await refusal(useStateDirectory("/proc/nope/state"))).toContain("takes no directories");
    expect(await refusal(useStateDirectory("/sys/nope"))).toContain("cannot be made");
  },
);

// Nothing is forbidden to root.
test.skipIf(process.getuid?.() === 0)("a directory that may not be written in is refused", async () => {
  const locked = join(directory, "locked");
  await makeDirectory(locked);
  await chmod(locked, 0o500);
  expect(await refusal(useStateDirectory(locked))).toContain("permission denied");
  await chmod(locked, 0o700);
});

test("a file that is not there, a directory in its place and torn JSON are told in words", async () => {
  expect(await refusal(readText(join(directory, "none")))).toBe(`there is no file ${join(directory, "none")}`);
  expect(await refusal(readText(directory))).toContain("is a directory, not a file");
  expect(await refusal(readJson(join(directory, "file")))).toContain("is not JSON");
  expect(await readJson(join(directory, "file/none"))).toBeNull();
});
