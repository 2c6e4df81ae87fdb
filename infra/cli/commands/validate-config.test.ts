import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "../main.ts");
const NODE =
  "node: { id: a, region: us-east, hub_tier: local, coordinates: { latitude: 1, longitude: 2 }, parent_hub: b }";
/** What is wrong, the file, and what must be said of it. */
const BROKEN = {
  orphan: [NODE.replace(", parent_hub: b", ""), "orphan:1:7: a local hub needs a parent: set node.parent_hub"],
  unknown: [
    `${NODE}\nmembership: { probe_intervall: 2 }`,
    'unknown:2:15: unknown key "probe_intervall" in membership (did you mean probe_interval?)',
  ],
  type: [`${NODE}\ngossip: { fanout: three }`, 'type:2:19: gossip.fanout is "three", expected a number'],
  range: [`${NODE}\nconsensus: { threshold: 1.6 }`, "range:2:25: consensus.threshold is 1.6, expected at most 1"],
  contradiction: [
    `${NODE}\nnetwork: { listen_port: 9000, gossip_port: 9000 }`,
    "contradiction:2:44: network.gossip_port 9000 is taken: network.listen_port uses it too",
  ],
  alias: ["node: &a { id: x }\nx: *b\n", "alias:2:4: not valid YAML: the alias *b: no anchor &b stands before it"],
  empty: ["", "empty:1:1: the file is empty"],
} as const;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mpreg-config-"));
  for (const [name, [text]] of Object.entries(BROKEN)) await writeFile(join(directory, name), text);
  await writeFile(join(directory, "sound"), NODE);
});
afterAll(() => rm(directory, { recursive: true }));

function validate(...args: string[]): Promise<{ code: unknown; stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, "validate-config", ...args], { cwd: directory }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    );
  });
}

test("each mistake is told with its line, its value, what was expected and the nearest key; the command ends with 2", async () => {
  const { code, stdout } = await validate(...Object.keys(BROKEN));
  expect(code).toBe(2);
  for (const [, said] of Object.values(BROKEN)) expect(stdout).toContain(said);
});

test("in JSON each error has its place and its parts", async () => {
  const { code, stdout } = await validate("--json", "unknown");
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: false,
    errors: [{ line: 2, column: 15, path: "membership.probe_intervall", nearest: "probe_interval" }],
  });
});

test("a file that is not there and a directory are told as such", async () => {
  const { code, stdout } = await validate("nowhere", ".");
  expect(code).toBe(2);
  expect(stdout).toContain("there is no file nowhere");
  expect(stdout).toContain(". is a directory, not a file");
});

test("a sound file ends with 0", async () => {
  expect(await validate("sound")).toMatchObject({ code: 0, stdout: expect.stringContaining("sound: ok") });
});

const REGIONS = ["a", "b", "c", "d", "e"];
const FEDERATION = `
federation: { name: six-voters }
regions: [${REGIONS.map((id) => `{ id: ${id}, coordinates: { latitude: 0, longitude: 0 } }`).join(", ")}]
hubs:
  - { id: g, region: a, hub_tier: global }
${REGIONS.map((id) => `  - { id: h-${id}, region: ${id}, hub_tier: regional, parent_hub: g }`).join("\n")}
consensus: { threshold: 0.7 }
`;

test("it tells what each group survives, and warns of a region whose loss leaves too few votes; the file is valid all the same", async () => {
  await writeFile(join(directory, "six"), FEDERATION);
  const { code, stdout } = await validate("six");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^global +6 +6 +5 +1 +not a$/m);
  expect(stdout.replace(/\s+/g, " ")).toContain(
    "warning: group global: without region a (g, h-a) 4 of 6 votes are left",
  );
  const told = JSON.parse((await validate("--json", "six")).stdout);
  expect(told).toMatchObject({
    valid: true,
    survives: [{ group: "global", required_votes: 5, may_lose: 1, regions_at_risk: ["a"] }, ...REGIONS.map(() => ({}))],
    warnings: [expect.stringContaining("set consensus.threshold to 0.66 or less")],
  });
});

test("of a node file, which names no other hub, it tells what groups of each size survive", async () => {
  const { stdout } = await validate("--json", "sound");
  expect(JSON.parse(stdout)).toMatchObject({ survives: null, warnings: [] });
  expect(JSON.parse(stdout).survives_by_size[6]).toEqual({ voters: 7, required_votes: 5, may_lose: 2 });
  expect((await validate("sound")).stdout).toMatch(/^ +7 +5 +2$/m);
});
