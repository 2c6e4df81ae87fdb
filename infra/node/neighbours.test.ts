import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HubIdentity } from "../../hub-core/common/types.ts";
import { writeJson } from "../local/files.ts";
import { announce, introduced, neighbours, nodeOf, withdraw } from "./neighbours.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mpreg-nodes-"));
});
afterEach(() => rm(directory, { recursive: true }));

const hub = (hubId: string): HubIdentity => ({
  hubId,
  tier: "local",
  region: "us-east",
  coordinates: { latitude: 1, longitude: 2 },
  parent: "us-east-hub",
  address: `http://127.0.0.1/${hubId}`,
});

test("a node sees the others that run, and not itself", async () => {
  await announce(directory, hub("a"));
  await announce(directory, hub("b"));
  expect(await neighbours(directory, "a")).toEqual([introduced(hub("b"))]);
  await withdraw(directory, "b");
  expect(await neighbours(directory, "a")).toEqual([]);
});

test("a node that ended without a word is not seen", async () => {
  // No process has this number: it is beyond what any system gives.
  await writeJson(join(directory, "gone.json"), { ...introduced(hub("gone")), pid: 2 ** 30 });
  expect(await neighbours(directory, "a")).toEqual([]);
  expect(await nodeOf(directory, "gone")).toBeNull();
});
