import { expect, test } from "vitest";
import type { ClusterRecord } from "../wire/catalog.ts";
import { World } from "./federation.test-helper.ts";
import { planet } from "./planet.test-helper.ts";
import type { RegistryRequest } from "./registry-requests.ts";

const ISLAND = ["r2", "r2-l1"] as const;
const EVERYONE = ["g", "r1", "r1-l1", "r2", "r2-l1"] as const;

/** Region 2 is cut off with its cluster, which answers to both sides; the mainland has adopted it. */
function divided(): World {
  const world = new World({ hubs: planet(2, 1) });
  world.run(100);
  world.register("r2-l1", "a", { metadata: { team: "blue" } });
  world.run(1_000);
  world.cut(ISLAND);
  world.run(15_000);
  expect(world.owners("g", ["a"])).toEqual({ a: "r1-l1" });
  expect(world.owners("r2", ["a"])).toEqual({ a: "r2-l1" });
  return world;
}

function ask(world: World, hub: string, request: RegistryRequest): void {
  const node = world.node(hub);
  expect(node.registry.request(request, world.now, world.outbox(node)).ok).toBe(true);
}

function everywhere(world: World): Set<string> {
  return new Set(
    EVERYONE.map((id) => {
      const seen = world.registry(id).catalog.cluster("a");
      return `${seen?.owner} ${seen?.record.state}`;
    }),
  );
}

test("REG-74: what was asked of a cluster on one side of a partition outlives its adoption by the other", () => {
  const world = divided();
  ask(world, "r2-l1", { kind: "cluster-drain", clusterId: "a" });
  world.heal(ISLAND);
  world.run(20_000);
  expect(everywhere(world)).toEqual(new Set(["r2-l1 draining"]));
  expect(world.registry("r2-l1").catalog.cluster("a")?.record.metadata).toEqual({ team: "blue" });
});

test("REG-74: of what was asked on both sides the latest counts", () => {
  for (const [first, second] of [
    ["r2-l1", "r1-l1"],
    ["r1-l1", "r2-l1"],
  ] as const) {
    const world = divided();
    ask(world, first, { kind: "cluster-drain", clusterId: "a" });
    world.run(1_000);
    // Where it is not drained, that is a word as well.
    ask(world, second, { kind: "cluster-undrain", clusterId: "a" });
    world.heal(ISLAND);
    world.run(20_000);
    expect(everywhere(world)).toEqual(new Set(["r2-l1 passing"]));
  }
});

test("REG-74: a removal outranks whatever was asked of the cluster on the other side", () => {
  const world = divided();
  ask(world, "r1-l1", { kind: "cluster-remove", clusterId: "a" });
  world.run(1_000);
  ask(world, "r2-l1", { kind: "cluster-drain", clusterId: "a" });
  world.heal(ISLAND);
  world.run(20_000);
  for (const id of EVERYONE) expect(world.registry(id).catalog.cluster("a")).toBeUndefined();
});

test("REG-74: a hub that dies with a word that nobody heard brings it back with it", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  world.register("r1-l1", "a");
  world.run(1_000);
  world.cut(["r1-l1"]);
  ask(world, "r1-l1", { kind: "cluster-drain", clusterId: "a" });
  world.kill("r1-l1");
  world.run(10_000);
  expect(world.registry("g").catalog.cluster("a")).toMatchObject({ owner: "r1-l2", record: { state: "passing" } });
  world.node("r1-l1").island = false;
  world.start("r1-l1");
  world.run(20_000);
  for (const id of ["g", "r1-l1", "r1-l2"])
    expect(world.registry(id).catalog.cluster("a")).toMatchObject({ owner: "r1-l1", record: { state: "draining" } });
});

/** A hand-over that was decided before the last word, and arrives after its owner's death. */
function assignLate(world: World, to: string, record: ClusterRecord): void {
  const node = world.node(to);
  const assign = { kind: "assign", assignment: 1, from: "r1", to, hops: 0, purpose: "adoption" } as const;
  node.registry.receive("r1", { ...assign, clusters: [record] }, world.now, world.outbox(node));
}

function recordAt(world: World, hub: string): ClusterRecord {
  const view = world.registry(hub).catalog.cluster("a");
  if (!view) throw new Error("it was registered");
  return view.record;
}

test("REG-74: a hand-over that is late does not override what the taker knows to have been asked since", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  world.register("r1-l1", "a");
  world.run(1_000);
  const late = recordAt(world, "r1");
  ask(world, "r1-l1", { kind: "cluster-drain", clusterId: "a" });
  world.run(100);
  world.kill("r1-l1");
  world.run(700);
  assignLate(world, "r1-l2", late);
  expect(world.registry("r1-l2").catalog.cluster("a")?.owner).toBe("r1-l2");
  expect(recordAt(world, "r1-l2")).toMatchObject({ state: "draining", draining: true, incarnation: 2 });
  world.run(20_000);
  expect(recordAt(world, "g").state).toBe("draining");
});

test("REG-74: a taker that holds the last word in routing form follows it, and leaves it to who holds it whole", () => {
  const world = new World({ hubs: planet(2, 1) });
  world.run(100);
  world.register("r2-l1", "a", { metadata: { team: "blue" } });
  world.run(1_000);
  const late = recordAt(world, "r1");
  world.register("r2-l1", "a", { metadata: { team: "red" }, endpoints: [{ url: "http://elsewhere" }] });
  ask(world, "r2-l1", { kind: "cluster-drain", clusterId: "a" });
  world.run(100);
  world.kill("r2-l1");
  world.run(700);
  assignLate(world, "r1-l1", late);
  const taken = { state: "draining", endpoints: [{ url: "http://elsewhere", weight: 1 }], metadata: { team: "blue" } };
  expect(recordAt(world, "r1-l1")).toMatchObject(taken);
  world.start("r2-l1");
  world.run(20_000);
  expect(everywhere(world)).toEqual(new Set(["r2-l1 draining"]));
  expect(recordAt(world, "g").metadata).toEqual({ team: "red" });
});

test("REG-74: a cluster drained before its maintenance is drained after it, across a restart and a new registration", () => {
  const world = new World({ hubs: planet(1, 1) });
  world.run(100);
  for (const id of ["a", "b"]) world.register("r1-l1", id);
  ask(world, "r1-l1", { kind: "cluster-drain", clusterId: "a" });
  ask(world, "r1-l1", {
    kind: "cluster-maintenance",
    clusterId: "a",
    startsAt: world.now,
    endsAt: world.now + 20_000,
  });
  world.run(1_000);
  world.kill("r1-l1");
  world.run(100);
  world.start("r1-l1");
  world.run(1_000);
  const state = () => world.registry("g").catalog.cluster("a")?.record.state;
  expect(state()).toBe("maintenance");
  world.register("r1-l1", "a");
  world.run(20_000);
  expect(state()).toBe("draining");
});
