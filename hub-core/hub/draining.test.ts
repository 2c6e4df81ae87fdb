import { beforeEach, expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import type { DrainAnswer } from "./draining.ts";
import type { Hub } from "./hub.ts";
import { HubWorld, storedAfter, TWO_REGIONS, type WorldHub } from "./hub-world.test-helper.ts";
import type { Health } from "./status.ts";

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld(TWO_REGIONS);
  world.run(5_000);
});

const hub = (id: HubId): Hub => world.hubs.get(id) as Hub;

function ask<T>(id: HubId, request: object): { ok: boolean; status: number; value: T; problem: { code: string } } {
  world.ask(id, "asked", request as never);
  world.run(0);
  return world.replies.get("asked") as never;
}

const drain = (id: HubId) => ask<DrainAnswer>(id, { kind: "drain" });
const undrain = (id: HubId) => ask<DrainAnswer>(id, { kind: "undrain" });
const health = (id: HubId) => ask<Health>(id, { kind: "health" }).value;

function register(at: HubId, clusterId: string, assigned = true) {
  const cluster = {
    clusterId,
    endpoints: [{ url: `https://${clusterId}.example` }],
    services: [{ name: "search" }],
    healthCheck: { url: `https://${clusterId}.example/health` },
  };
  return ask(at, { kind: "cluster-register", cluster, assigned });
}

const owners = (): Set<string> =>
  new Set([...hub("r-west").registry.catalog.clusters()].map(({ owner, vouched }) => (vouched ? owner : "nobody")));

test("COORD-12: a hub that drains hands its clusters to the hubs of its region, and there is no moment without an owner", () => {
  for (let i = 0; i < 30; i++) register("l-east-1", `c-${i}`);
  world.run(2_000);
  expect(drain("l-east-1")).toMatchObject({ ok: true, value: { hub_id: "l-east-1", draining: true, clusters: 30 } });
  for (let i = 0; i < 300; i++) {
    world.run(10);
    expect(owners().has("nobody")).toBe(false);
    expect([...hub("r-west").registry.catalog.clusters()]).toHaveLength(30);
  }
  expect(hub("l-east-1").registry.clustersOwned).toBe(0);
  expect([...owners()].every((owner) => owner === "l-east-2" || owner === "r-east")).toBe(true);
  expect(drain("l-east-1").value).toMatchObject({ draining: true, clusters: 0 });
});

test("COORD-12: it says so in its health and to everyone, takes no cluster, and answers", () => {
  drain("l-east-1");
  world.run(2_000);
  expect(health("l-east-1")).toMatchObject({ draining: true, status: "healthy" });
  for (const { id } of TWO_REGIONS) {
    expect(hub(id).registry.catalog.hub("l-east-1"), id).toMatchObject({ state: "alive", record: { draining: true } });
  }
  expect(register("l-east-1", "late", false)).toMatchObject({ ok: false, problem: { code: "redirect" } });
  expect(ask("l-east-1", { kind: "registry-status" })).toMatchObject({ ok: true });
});

test("COORD-12: with no room elsewhere its clusters stay, and go once there is some", () => {
  world = new HubWorld([TWO_REGIONS[0] as WorldHub, TWO_REGIONS[1] as WorldHub, TWO_REGIONS[2] as WorldHub]);
  world.run(5_000);
  for (const id of ["g", "r-east"]) drain(id);
  register("l-east-1", "only");
  world.run(1_000);
  drain("l-east-1");
  world.run(10_000);
  expect(hub("g").registry.catalog.cluster("only")).toMatchObject({ owner: "l-east-1", vouched: true });
  undrain("r-east");
  world.run(15_000);
  expect(hub("g").registry.catalog.cluster("only")).toMatchObject({ owner: "r-east", vouched: true });
});

test("COORD-13: draining lasts over a restart, until it is taken back; then its clusters come home", () => {
  register("l-east-1", "moves");
  drain("l-east-1");
  world.run(3_000);
  expect(hub("g").registry.catalog.cluster("moves")?.owner).not.toBe("l-east-1");
  const stored = storedAfter(world.trace.filter(({ hub: id }) => id === "l-east-1").flatMap(({ effects }) => effects));
  world.kill("l-east-1");
  world.run(1_000);
  world.boot("l-east-1", stored);
  world.run(3_000);
  expect(health("l-east-1").draining).toBe(true);
  expect(hub("g").registry.catalog.hub("l-east-1")?.record?.draining).toBe(true);
  expect(undrain("l-east-1").value).toMatchObject({ draining: false });
  world.run(20_000);
  expect(health("l-east-1").draining).toBe(false);
  expect(hub("g").registry.catalog.cluster("moves")).toMatchObject({ owner: "l-east-1", vouched: true });
});

test("COORD-14: a hub that drains gives its leadership away, also after a restart, and leads again once it is undrained", () => {
  world.run(3_000);
  const coordinator = () => hub("g").registry.catalog.coordinatorOf("r-east")?.hubId;
  expect(coordinator()).toBe("r-east");
  expect(drain("r-east").ok).toBe(true);
  world.run(5_000);
  expect(drain("r-east").value).toMatchObject({ draining: true, coordinates: [] });
  expect(coordinator()).toMatch(/^l-east/);
  const stored = storedAfter(world.trace.filter(({ hub: id }) => id === "r-east").flatMap(({ effects }) => effects));
  world.kill("r-east");
  world.run(1_000);
  world.boot("r-east", stored);
  world.run(10_000);
  expect(coordinator()).toMatch(/^l-east/);
  undrain("r-east");
  world.run(10_000);
  for (const { id } of TWO_REGIONS) expect(hub(id).registry.catalog.coordinatorOf("r-east")?.hubId, id).toBe("r-east");
});
