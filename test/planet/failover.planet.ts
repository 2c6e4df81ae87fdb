/** A region loses its regional hub and nothing else: one hub per process, so that it can be killed alone. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "./local-planet.ts";
import { type Node, NodeProcesses } from "./node-process.ts";
import { PATIENCE_MS } from "./questions.ts";

const REGIONAL = "regional-eu";
const LOCALS = ["local-eu-1", "local-eu-2"] as const;
/** All on one machine, so that they find each other by its directory. */
const MACHINE = "one";
const PORTS: Readonly<Record<string, number>> = {
  "global-hub-001": 23_400,
  [REGIONAL]: 23_430,
  [LOCALS[0]]: 23_460,
  [LOCALS[1]]: 23_490,
};

const SECTIONS: Readonly<Record<string, string>> = {
  "global-hub-001": "region: us-east, hub_tier: global, coordinates: { latitude: 40.71, longitude: -74.0 }",
  [REGIONAL]:
    "region: eu-west, hub_tier: regional, coordinates: { latitude: 53.35, longitude: -6.26 }, parent_hub: global-hub-001",
  [LOCALS[0]]: `region: eu-west, hub_tier: local, coordinates: { latitude: 51.51, longitude: -0.13 }, parent_hub: ${REGIONAL}`,
  [LOCALS[1]]: `region: eu-west, hub_tier: local, coordinates: { latitude: 48.86, longitude: 2.35 }, parent_hub: ${REGIONAL}`,
};

interface Group {
  readonly group: string;
  readonly coordinator: string | null;
  readonly acting: boolean;
}

let processes: NodeProcesses;
let authorization: string;
const files = new Map<string, string>();
const started = new Map<string, Node>();

beforeAll(async () => {
  processes = await NodeProcesses.open();
  for (const [id, section] of Object.entries(SECTIONS)) {
    files.set(id, await processes.file(id, `{ id: ${id}, ${section} }`, PORTS[id] as number));
  }
  for (const id of Object.keys(SECTIONS)) start(id);
  authorization = `Bearer ${await processes.token("operator", files.get("global-hub-001") ?? "")}`;
});

afterAll(() => processes.close());

function start(id: string): void {
  started.set(id, processes.start(MACHINE, ["--config", files.get(id) ?? ""]));
}

async function call(at: string, path: string, method = "GET", body?: unknown): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${PORTS[at]}${path}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`${method} ${path} at ${at}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function coordinatorSeenFrom(at: string): Promise<Group | undefined> {
  const { groups } = (await call(at, "/api/registry/status")) as { groups: Group[] };
  return groups.find(({ group }) => group === "eu-west");
}

async function alive(at: string): Promise<string> {
  const { hubs } = (await call(at, "/api/registry/status")) as { hubs: { hub_id: string; state: string }[] };
  const ids = hubs.filter(({ state }) => state === "alive").map(({ hub_id }) => hub_id);
  return ids.sort().join();
}

/** A cluster of the global hub's that comes up now: only whoever is joined to the rest hears of it. */
async function register(clusterId: string): Promise<void> {
  const body = {
    cluster_id: clusterId,
    region: "us-east",
    endpoints: [{ url: `http://127.0.0.1:9/${clusterId}` }],
    services: [{ name: clusterId }],
    ttl_ms: 600_000,
  };
  await call("global-hub-001", "/api/clusters", "POST", body);
}

async function routedFresh(at: string, service: string): Promise<void> {
  await until(`${service} is routed to, and fresh, at ${at}`, PATIENCE_MS, async () => {
    const answer = (await call(at, `/api/route?service=${service}&max_age_ms=2000`)) as { data_age_ms: number };
    return answer.data_age_ms < 2_000;
  });
}

test("COORD-1: the region agrees on who is in it, and its regional hub coordinates it", async () => {
  for (const id of Object.keys(SECTIONS)) {
    await until(
      `all are alive for ${id}`,
      PATIENCE_MS,
      async () => (await alive(id)) === Object.keys(SECTIONS).sort().join(),
    );
  }
  await until("the regional hub leads", PATIENCE_MS, async () => {
    const group = await coordinatorSeenFrom("global-hub-001");
    const { groups } = (await call(LOCALS[0], "/api/consensus/status")) as {
      groups: Record<string, { leader: string | null; voters: readonly unknown[] }>;
    };
    const own = groups["eu-west"];
    return group?.coordinator === REGIONAL && own?.leader === REGIONAL && own.voters.length === 3;
  });
});

test("COORD-8: after `kill -9` of the regional hub alone, one of its local hubs stands in, and what they answer is fresh", async () => {
  started.get(REGIONAL)?.process.kill("SIGKILL");
  await started.get(REGIONAL)?.ended;
  await until("a local hub stands in", PATIENCE_MS, async () => {
    const seen = await Promise.all(["global-hub-001", ...LOCALS].map(coordinatorSeenFrom));
    return seen.every((group) => group?.acting && group.coordinator === seen[0]?.coordinator);
  });
  await register("after-the-death");
  for (const id of LOCALS) await routedFresh(id, "after-the-death");
});

test("COORD-5: the regional hub that is back has its office again, and nobody stands in", async () => {
  start(REGIONAL);
  await until("the regional hub leads again", PATIENCE_MS, async () => {
    const seen = await Promise.all(Object.keys(SECTIONS).map(coordinatorSeenFrom));
    return seen.every((group) => group?.coordinator === REGIONAL && !group.acting);
  });
  await register("after-the-return");
  for (const id of [...LOCALS, REGIONAL]) await routedFresh(id, "after-the-return");
  for (const id of Object.keys(SECTIONS)) expect(await alive(id)).toBe(Object.keys(SECTIONS).sort().join());
});
