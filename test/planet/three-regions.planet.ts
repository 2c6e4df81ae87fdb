/** What can happen to regions, on real processes: each test leaves the planet whole. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive, LocalPlanet, until } from "./local-planet.ts";
import {
  clusterOfOurOwn,
  everyHubSees,
  expectSoundExplanation,
  named,
  PATIENCE_MS,
  route,
  testMessage,
} from "./questions.ts";

const HUBS = 8;
/** Of the file, and the one that the first test registers. */
const CLUSTERS = 8;
const EU_CLUSTERS = ["frankfurt-1", "london-1", "stockholm-1"];
const EU_HUBS = 3;
const SURVIVORS = ["us-east", "ap-southeast"];

let planet: LocalPlanet;
let own: Awaited<ReturnType<typeof clusterOfOurOwn>>;

beforeAll(async () => {
  planet = await LocalPlanet.at(join(import.meta.dirname, "three-regions.yaml"));
  own = await clusterOfOurOwn();
  await planet.start();
});

afterAll(async () => {
  own.close();
  await planet.remove();
});

test("a cluster registered at one edge is routed to from everywhere, with reasons", async () => {
  const body = {
    cluster_id: "nairobi-1",
    coordinates: { latitude: -1.29, longitude: 36.82 },
    endpoints: [{ url: own.url }],
    services: [{ name: "checkout", version: "2.4.0" }],
    health_check: { url: `${own.url}/health`, interval_ms: 2_000, timeout_ms: 1_000 },
  };
  const { status } = await planet.call("us-east", "/api/clusters", { method: "POST", role: "operator", body });
  expect(status).toBe(201);
  await everyHubSees(planet, { alive: HUBS, clusters: CLUSTERS });
  const cities = [
    ["New York", "us-east"],
    ["London", "eu-west"],
    ["Frankfurt", "eu-west"],
    ["Singapore", "ap-southeast"],
    ["Jakarta", "ap-southeast"],
  ] as const;
  for (const [city, region] of cities) {
    const answer = await route(planet, null, "checkout", city);
    expect([city, answer.chosen.region]).toEqual([city, region]);
    expect(answer.explain?.candidates).toHaveLength(7);
    expectSoundExplanation(answer);
  }
});

test("a test message reaches every hub, and each says so", async () => {
  const { delivered, missing } = await testMessage(planet, "ap-southeast");
  expect(missing).toEqual([]);
  expect(new Set(delivered.map((receipt) => receipt.hub_id)).size).toBe(HUBS);
});

test("clusters whose hubs all died but which still answer are adopted, and routed to", async () => {
  process.kill(planet.region("eu-west").pid, "SIGKILL");
  for (const region of SURVIVORS) {
    await until(`${region} routes Londoners to an adopted cluster`, PATIENCE_MS, async () => {
      const { chosen } = await route(planet, region, "checkout", "London");
      return EU_CLUSTERS.includes(chosen.cluster_id) && !planet.region("eu-west").hubs.includes(chosen.hub_id);
    });
  }
  await everyHubSees(planet, { alive: HUBS - EU_HUBS, clusters: CLUSTERS }, SURVIVORS);
});

test("a region that comes back gets its hubs and clusters back, without a storm", async () => {
  const before = await rumorsSent();
  await planet.mpregJson("chaos", "start", "eu-west");
  await planet.refresh();
  await everyHubSees(planet, { alive: HUBS, clusters: CLUSTERS });
  for (const id of EU_CLUSTERS) {
    await until(`${id} belongs to a hub of its region again`, PATIENCE_MS, async () => {
      const { body } = await planet.call("us-east", `/api/clusters/${id}`);
      return planet.region("eu-west").hubs.includes((body as { hub_id: string }).hub_id);
    });
  }
  expect((await rumorsSent()) - before).toBeLessThan(MOST_RUMORS);
});

test("a region that is gone with its clusters is named by no route any more", async () => {
  const { pid, backend_pid } = planet.region("eu-west");
  process.kill(pid, "SIGKILL");
  process.kill(backend_pid, "SIGKILL");
  for (const region of SURVIVORS) {
    for (const city of ["London", "Frankfurt", "Singapore", "New York", "Nairobi"]) {
      await until(`no route from ${city} at ${region} names it`, PATIENCE_MS, async () => {
        const names = named(await route(planet, region, "checkout", city));
        return !names.some((name) => EU_CLUSTERS.includes(name));
      });
    }
  }
  await planet.mpregJson("chaos", "start", "eu-west");
  await planet.refresh();
  await everyHubSees(planet, { alive: HUBS, clusters: CLUSTERS });
});

test("two regions that were cut apart agree again when the cut heals", async () => {
  await planet.mpregJson("chaos", "cut", "us-east", "ap-southeast");
  // The third region reaches both sides, so nobody is given up: news and routes go around the cut.
  expect((await testMessage(planet, "us-east")).missing).toEqual([]);
  expect((await route(planet, "us-east", "checkout", "Singapore")).chosen.region).toBe("ap-southeast");
  await planet.mpregJson("chaos", "heal", "us-east", "ap-southeast");
  await everyHubSees(planet, { alive: HUBS, clusters: CLUSTERS });
  expect((await testMessage(planet, "us-east")).missing).toEqual([]);
});

test("an island is given up by the mainland, and after the heal both know what either side did", async () => {
  for (const other of ["us-east", "eu-west"]) await planet.mpregJson("chaos", "cut", "ap-southeast", other);
  for (const [region, hub, lost] of [
    ["us-east", "global-hub", "regional-ap"],
    ["ap-southeast", "regional-ap", "global-hub"],
  ] as const) {
    await until(`${hub} gives ${lost} up`, PATIENCE_MS, async () => {
      const { hubs } = await planet.registry(region, hub);
      return hubs.some((each) => each.hub_id === lost && each.state === "failed");
    });
  }
  await drain("us-east", "ashburn-1", "drain");
  await drain("ap-southeast", "jakarta-1", "drain");
  for (const other of ["us-east", "eu-west"]) await planet.mpregJson("chaos", "heal", "ap-southeast", other);
  for (const [region, id] of [
    ["us-east", "jakarta-1"],
    ["ap-southeast", "ashburn-1"],
  ] as const) {
    await until(`${region} knows that ${id} drains`, PATIENCE_MS, async () => {
      const { body } = await planet.call(region, `/api/clusters/${id}`);
      return (body as { state: string }).state === "draining";
    });
  }
  await drain("us-east", "ashburn-1", "undrain");
  await drain("ap-southeast", "jakarta-1", "undrain");
  await everyHubSees(planet, { alive: HUBS, clusters: CLUSTERS });
});

test("a second planet in the same state directory is refused", async () => {
  const { code, stderr } = await planet.mpreg("start", "--topology", planet.topology, "--port", "19999");
  expect(code).toBe(1);
  expect(stderr).toContain(`supervisor ${planet.state.supervisor.pid}`);
});

test("a restart keeps what was registered; a stop leaves nothing running", async () => {
  const pids = await processesOf(planet);
  expect(pids.length).toBeGreaterThanOrEqual(3 + 2 * planet.state.regions.length);
  expect((await planet.stop()).code).toBe(0);
  await until("nothing is left", 10_000, () => Promise.resolve(!pids.some(isAlive)));
  await planet.start();
  // Nobody registers this one again: it was remembered, and answers its checks.
  await until("the cluster of our own is passing", PATIENCE_MS, async () => {
    const { body } = await planet.call("us-east", "/api/clusters/nairobi-1");
    return (body as { state?: string }).state === "passing";
  });
  await everyHubSees(planet, { alive: HUBS, clusters: CLUSTERS });
  const again = await processesOf(planet);
  expect((await planet.stop()).code).toBe(0);
  await until("nothing is left", 10_000, () => Promise.resolve(!again.some(isAlive)));
});

/** Of all surviving hubs together, until all is as it was; some 250 do. A storm is thousands: every rumor to every peer, again and again. */
const MOST_RUMORS = 800;

async function drain(region: string, id: string, action: "drain" | "undrain"): Promise<void> {
  const { status } = await planet.call(region, `/api/clusters/${id}/${action}`, { method: "POST", role: "operator" });
  expect(status).toBe(200);
}

function rumorsSent(): Promise<number> {
  return planet.counter("gossip_rumors_sent_total", SURVIVORS);
}

/** The supervisor and all that descends from it or names the state directory. */
async function processesOf({ state, stateDir }: LocalPlanet): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid=,args="]);
  const all = stdout.split("\n").flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return args === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
  return all
    .filter(({ pid, parent, args }) => [pid, parent].includes(state.supervisor.pid) || args.includes(stateDir))
    .map(({ pid }) => pid);
}
