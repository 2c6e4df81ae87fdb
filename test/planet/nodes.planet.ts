/** Hubs as processes of their own, as on machines of their own: no directory is shared, only the key and a seed's address. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive, type RegistryStatus, until } from "./local-planet.ts";
import { NodeProcesses } from "./node-process.ts";
import { PATIENCE_MS } from "./questions.ts";

const PARENT_PORT = 23_180;
const CHILD_PORT = 23_280;
const PARENT =
  "{ id: global-hub-001, region: us-east, hub_tier: global, coordinates: { latitude: 40.7128, longitude: -74.0060 } }";
const CHILD =
  "{ id: to-be-named, region: eu-west, hub_tier: local, coordinates: { latitude: 51.51, longitude: -0.13 } }";

let processes: NodeProcesses;
let parentFile: string;

beforeAll(async () => {
  processes = await NodeProcesses.open();
  parentFile = await processes.file("parent", PARENT, PARENT_PORT);
  await processes.file("child", CHILD, CHILD_PORT);
});

afterAll(() => processes.close());

test("two nodes that share only a key and an address find each other, and flags win over the environment over the file", async () => {
  const parent = processes.start("one", ["--config", parentFile]);
  await until("the parent is ready", PATIENCE_MS, async () => parent.events.some(({ event }) => event === "ready"));
  const seed = `http://127.0.0.1:${PARENT_PORT}`;
  processes.start("two", ["--seed", seed, "--hub-tier", "regional", "--parent-hub", "global-hub-001"], {
    MPREG_CONFIG_PATH: join(processes.directory, "child.yaml"),
    MPREG_NODE_ID: "regional-eu",
    MPREG_HUB_TIER: "global",
  });
  const authorization = `Bearer ${await processes.token("viewer", parentFile)}`;
  for (const port of [PARENT_PORT, CHILD_PORT]) {
    await until(`both are alive at ${port}`, PATIENCE_MS, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/registry/status`, { headers: { authorization } });
      const { hubs } = (await response.json()) as RegistryStatus;
      const alive = hubs.filter((hub) => hub.state === "alive").map((hub) => hub.hub_id);
      return alive.sort().join() === "global-hub-001,regional-eu";
    });
  }
});

test("Prometheus needs no token on the loopback metrics port, and one everywhere else", async () => {
  const metrics = await fetch(`http://127.0.0.1:${CHILD_PORT + 10}/metrics`);
  expect(metrics.status).toBe(200);
  expect(await metrics.text()).toContain('federation_nodes_healthy{hub="regional-eu",region="eu-west"} 2');
  expect((await fetch(`http://127.0.0.1:${CHILD_PORT}/metrics`)).status).toBe(401);
});

test("a second node of the same id on one machine is refused", async () => {
  const second = processes.start("one", ["--config", parentFile]);
  expect(await second.ended).toBe(1);
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends a node cleanly", async (signal) => {
  const node = processes.nodes[signal === "SIGTERM" ? 0 : 1];
  const pid = node?.events.find(({ event }) => event === "ready")?.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  node?.process.kill(signal);
  expect(await node?.ended).toBe(0);
  expect(node?.events.at(-1)).toMatchObject({ event: "stopped", by_signal: true });
  expect(isAlive(pid)).toBe(false);
});
