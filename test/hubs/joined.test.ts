/** Hubs that no federation file names: they were started later, by themselves, and introduced. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Env } from "../../durable-objects/deployment/index.ts";
import { readDeployment } from "../../durable-objects/deployment/index.ts";
import { everyoneAlive } from "./answers.ts";
import { call, eventually, Planet, type Region } from "./region.ts";

const FILE = `
federation: { name: test-planet, profile: responsive }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 } }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-us, region: us-east, hub_tier: regional, parent_hub: global-hub }
`;
const HUBS = ["global-hub", "regional-us", "local-bos", "local-mia"];

let first: Planet;
let laterOnes: Planet[];
let us: Region;
let bos: Region;
let mia: Region;

/** As one node that is started by itself describes the federation: it knows itself, and the name of its parent. */
function alone(id: string, latitude: number): string {
  const env = { MPREG_REGION: "us-east", MPREG_FEDERATION: FILE } as unknown as Env;
  const { federation } = readDeployment(env);
  const hub = {
    id,
    region: "us-east",
    tier: "local",
    parent: "regional-us",
    coordinates: { latitude, longitude: -71 },
  };
  return JSON.stringify({ ...federation, hubs: [{ ...hub, url: null }] });
}

function identity(hub: string, region: Region) {
  const [tier, parent] =
    hub === "global-hub"
      ? ["global", null]
      : hub === "regional-us"
        ? ["regional", "global-hub"]
        : ["local", "regional-us"];
  const coordinates = { latitude: 40, longitude: -71 };
  return { hub_id: hub, tier, region: "us-east", coordinates, parent, address: region.wire.url };
}

async function introduce(to: Region, ...hubs: ReturnType<typeof identity>[]): Promise<void> {
  const { status } = await call(to, "/admin/introduce", { method: "POST", role: "admin", body: hubs });
  expect(status).toBe(202);
}

beforeAll(async () => {
  first = await Planet.start(["us-east"], { federation: FILE });
  laterOnes = await Promise.all(
    [alone("local-bos", 42), alone("local-mia", 25)].map((federation) => Planet.start(["us-east"], { federation })),
  );
  us = first.region("us-east");
  [bos, mia] = laterOnes.map((planet) => planet.region("us-east")) as [Region, Region];
  for (const region of [bos, mia]) await introduce(region, identity("regional-us", us));
}, 60_000);

afterAll(() => Promise.all([first, ...(laterOnes ?? [])].map((planet) => planet?.stop())));

test("hubs that were introduced to their parent alone become known to all", async () => {
  for (const region of [us, bos, mia]) await everyoneAlive(region, HUBS.length);
});

test.each(HUBS)("%s answers through the edge of any of them, whoever's file names it", async (hub) => {
  for (const region of [us, bos, mia]) {
    const { status, body } = await call(region, `/hubs/${hub}/health`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ node_id: hub });
  }
});

test("a write that belongs to a hub elsewhere is sent on to it, and its owner is there", async () => {
  const body = {
    cluster_id: "miami-1",
    coordinates: { latitude: 25.76, longitude: -80.19 },
    endpoints: [{ url: "https://miami-1.example" }],
    services: [{ name: "checkout" }],
  };
  const registered = await call(bos, "/hubs/local-mia/api/clusters", { method: "POST", role: "operator", body });
  expect(registered.status).toBe(201);
  const { hub_id } = registered.body as { hub_id: string };
  await eventually("the cluster as Boston sees it", async () => {
    const seen = await call(bos, "/api/clusters/miami-1", { role: "viewer" });
    return seen.status === 200 && (seen.body as { hub_id: string }).hub_id === hub_id ? true : undefined;
  });
  const beat = await call(bos, "/api/clusters/miami-1/heartbeat", {
    method: "PUT",
    role: "operator",
    body: { load: 0.1 },
  });
  expect(beat.status).toBe(200);
});

test("a hub that is said to live where it does not is looked for once at each edge, and is 404", async () => {
  await introduce(us, identity("local-ghost", us), identity("local-shadow", bos));
  await introduce(bos, identity("local-shadow", us));
  for (const hub of ["local-ghost", "local-shadow", "local-atlantis"]) {
    const { status, body } = await call(us, `/hubs/${hub}/health`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: "hub_unknown" });
  }
});
