import { expect, test } from "vitest";
import { World } from "./federation.test-helper.ts";
import { hub, planet } from "./planet.test-helper.ts";

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test("REG-41: the clusters of a dead local hub go to its nearest living sibling with room", () => {
  const world = new World({ hubs: planet(2, 3) });
  world.run(100);
  world.register("r1-l1", "a", { metadata: { team: "blue" } });
  world.run(1_000);
  world.kill("r1-l1");
  world.run(10_000);
  for (const hub of ["g", "r1", "r1-l2", "r2", "r2-l3"]) expect(world.owners(hub, ["a"])).toEqual({ a: "r1-l2" });
  expect(world.registry("g").catalog.cluster("a")?.record.homeHub).toBe("r1-l1");
  expect(world.registry("r1-l2").catalog.cluster("a")?.record.metadata).toEqual({ team: "blue" });
});

test("REG-41: nothing is adopted before the hub has been failed for long enough, and a leave is not waited for", () => {
  const world = new World({ hubs: planet(1, 3), registry: { adoptAfterMs: 30_000 } });
  world.run(100);
  world.register("r1-l1", "a");
  world.register("r1-l3", "b");
  world.run(1_000);
  world.kill("r1-l1");
  world.kill("r1-l3", "kept", "left");
  world.run(20_000);
  expect(world.owners("g", ["a", "b"])).toEqual({ a: "r1-l1", b: "r1-l2" });
  world.run(20_000);
  expect(world.owners("g", ["a"])).toEqual({ a: "r1-l2" });
});

test("REG-41: while a region is without its regional hub the local hub with the lowest id decides", () => {
  const world = new World({ hubs: planet(2, 3) });
  world.run(100);
  world.register("r1-l3", "a", { coordinates: { latitude: 3, longitude: 20 } });
  world.register("r1", "b");
  world.run(1_000);
  world.kill("r1");
  world.kill("r1-l3");
  world.run(10_000);
  expect(world.owners("r1-l1", ["a", "b"])).toEqual({ a: "r1-l2", b: "r1-l1" });
});

test("REG-42: when all hubs of a region are gone its sponsor places the clusters among those it reaches", () => {
  const world = new World({ hubs: planet(3, 2) });
  world.run(100);
  const clusters = [...ids("a", 5), ...ids("b", 5)];
  for (const id of ids("a", 5)) world.register("r3-l1", id);
  for (const id of ids("b", 5)) world.register("r3-l2", id);
  world.run(1_000);
  for (const id of ["r3", "r3-l1", "r3-l2"]) world.kill(id);
  world.run(15_000);
  for (const hub of ["g", "r1-l1", "r2-l2"]) {
    const { catalog } = world.registry(hub);
    for (const id of clusters) {
      expect(catalog.cluster(id)?.owner).toMatch(/^r2-l[12]$/);
      expect(catalog.cluster(id)?.vouched).toBe(true);
    }
    expect(catalog.hub("r3-l1")?.state).toBe("failed");
  }
});

test("REG-42: the clusters of the global hub go to the hubs that the nearest regional hub reaches", () => {
  const world = new World({ hubs: planet(2, 1) });
  world.run(100);
  world.register("g", "a");
  world.run(1_000);
  world.kill("g");
  world.run(10_000);
  expect(world.owners("r2-l1", ["a"]).a).toBe("r1-l1");
});

test("REG-43: a hundred clusters are adopted in batches, each once", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  for (const id of ids("c", 100)) world.register("r1-l1", id);
  world.run(2_000);
  world.kill("r1-l1");
  world.run(500 + 2_000 + 60);
  const taken = () => [...world.registry("r1").catalog.clusters()].filter(({ owner }) => owner === "r1-l2").length;
  expect(taken()).toBeLessThanOrEqual(20);
  world.run(2_000);
  expect(taken()).toBe(100);
  const adoptions = world.node("r1-l2").published.filter(({ body }) => body.kind === "cluster");
  expect(adoptions.length).toBeLessThanOrEqual(100);
  expect(world.node("r1").sent.filter(({ kind }) => kind === "assign").length).toBeLessThanOrEqual(6);
});

test("REG-44: without room anywhere clusters stay where they were, unvouched, until there is room", () => {
  const world = new World({ hubs: planet(1, 2), limits: { maxClusters: 2 } });
  world.run(100);
  for (const id of ["a", "b"]) world.register("r1-l1", id);
  for (const id of ["c", "d"]) world.register("r1-l2", id);
  for (const id of ["e", "f"]) world.register("r1", id);
  for (const id of ["h", "i"]) world.register("g", id);
  world.run(2_000);
  world.kill("r1-l1");
  world.run(10_000);
  const { catalog } = world.registry("r1");
  expect(catalog.cluster("a")).toMatchObject({ owner: "r1-l1", vouched: false });
  expect(world.node("r1").metrics.value("registry_adoptions_without_room_total")).toBeGreaterThan(0);
  const l2 = world.node("r1-l2");
  l2.registry.request({ kind: "cluster-remove", clusterId: "c" }, world.now, world.outbox(l2));
  world.run(15_000);
  expect(catalog.cluster("a")).toMatchObject({ owner: "r1-l2", vouched: true });
  expect(catalog.cluster("b")).toMatchObject({ owner: "r1-l1", vouched: false });
});

test("REG-45: an adopted cluster is checked at once, and one that is dead is critical within a second or two", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  world.register("r1-l1", "a", { healthCheck: { url: "http://a/health" } });
  world.run(5_000);
  world.outcome = () => ({ kind: "refused" });
  world.kill("r1-l1");
  world.run(500 + 2_000 + 1_000);
  expect(world.node("r1-l2").checks.length).toBeGreaterThan(0);
  expect(world.registry("g").catalog.cluster("a")).toMatchObject({ owner: "r1-l2", record: { state: "critical" } });
});

test("REG-45: until it has answered, what is told of an adopted cluster is dated as its last owner told it", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  world.register("r1-l1", "a", { healthCheck: { url: "http://a/health" } });
  world.run(5_000);
  const before = world.registry("g").catalog.cluster("a")?.record.updatedAt;
  world.kill("r1-l1");
  const dates = new Set<unknown>();
  for (let i = 0; i < 500; i++) {
    world.run(10);
    const seen = world.registry("g").catalog.cluster("a");
    if (seen?.record.verified === false) dates.add(seen.record.updatedAt);
  }
  expect(dates).toEqual(new Set([before]));
  expect(world.registry("g").catalog.cluster("a")?.record.updatedAt).toBeGreaterThan(before ?? 0);
});

test("REG-45: an adopted cluster stays unvouched until it has answered its new owner", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  world.register("r1-l1", "asked", { healthCheck: { url: "http://a/health" } });
  world.register("r1-l1", "silent", {});
  world.run(5_000);
  world.kill("r1-l1");
  const seen = (id: string) => world.registry("g").catalog.cluster(id);
  const states: string[] = [];
  for (let i = 0; i < 500; i++) {
    world.run(10);
    states.push(`${seen("asked")?.owner} ${seen("asked")?.vouched}`);
  }
  expect([...new Set(states)]).toEqual(["r1-l1 true", "r1-l1 false", "r1-l2 false", "r1-l2 true"]);
  // Nothing can be asked of it, so its word stands.
  expect(seen("silent")).toMatchObject({ owner: "r1-l2", vouched: true });
});

test("REG-46: a home that is back gets its clusters back, so many a second, and does not fight for them", () => {
  const world = new World({ hubs: planet(1, 2), registry: { handBackPerSecond: 5 } });
  world.run(100);
  const clusters = ids("c", 20);
  for (const id of clusters) world.register("r1-l1", id, { metadata: { id } });
  world.run(1_000);
  world.kill("r1-l1");
  world.run(10_000);
  world.start("r1-l1");
  const home = () => clusters.filter((id) => world.registry("g").catalog.cluster(id)?.owner === "r1-l1").length;
  world.run(4_000);
  expect(home()).toBe(0);
  for (let second = 1; second <= 12; second++) {
    const before = home();
    world.run(1_000);
    expect(home() - before).toBeLessThanOrEqual(5);
  }
  expect(home()).toBe(20);
  expect(world.registry("r1-l2").status().limits.clusters.used).toBe(0);
  expect(world.registry("r1-l1").catalog.cluster("c3")?.record.metadata).toEqual({ id: "c3" });
});

test("REG-46, REG-47: clusters that another region adopted go home by way of the parents, with all they carry", () => {
  const world = new World({ hubs: planet(3, 2) });
  world.run(100);
  world.register("r3-l1", "a", { metadata: { team: "blue" } });
  world.run(1_000);
  for (const id of ["r3", "r3-l1", "r3-l2"]) world.kill(id, "lost");
  world.run(15_000);
  expect(world.owners("g", ["a"]).a).toMatch(/^r2-l/);
  for (const id of ["r3", "r3-l1", "r3-l2"]) world.start(id);
  world.run(20_000);
  for (const hub of ["g", "r1-l2", "r3-l2"]) expect(world.owners(hub, ["a"])).toEqual({ a: "r3-l1" });
  expect(world.registry("r3-l1").catalog.cluster("a")?.record.metadata).toEqual({ team: "blue" });
  expect(world.registry("r1-l1").catalog.cluster("a")?.record.metadata).toBeNull();
});

test("REG-23: the sponsor visits the local hubs of an orphaned region and speaks for them until their regional hub is back", () => {
  const world = new World({ hubs: planet(3, 2) });
  world.run(1_000);
  world.kill("r3");
  world.kill("r3-l2");
  world.run(5_000);
  const outside = () => world.registry("g").catalog;
  expect(outside().hub("r3-l1")?.state).toBe("alive");
  expect(outside().hub("r3-l2")?.state).toBe("failed");
  expect(world.node("r2").published.some(({ key }) => key === "hub-state/r3-l2")).toBe(true);
  world.start("r3-l2");
  world.run(6_000);
  expect(outside().hub("r3-l2")?.state).toBe("alive");
  world.start("r3");
  world.run(2_000);
  world.kill("r3-l1");
  world.run(2_000);
  expect(outside().hub("r3-l1")?.state).toBe("failed");
  expect(outside().hub("r3-l2")?.state).toBe("alive");
});

test("REG-23: a single missed visit fails nobody", () => {
  const world = new World({ hubs: planet(2, 1) });
  world.run(1_000);
  world.kill("r2");
  world.run(DETECTED + 10);
  const sponsor =
    ["g", "r1"].find((id) => world.registry(id).nextDeadline() < world.now + 10_000 && id === "r1") ?? "g";
  const node = world.node(sponsor);
  node.registry.visited("r2-l1", false, world.now, world.outbox(node));
  world.run(100);
  expect(world.registry("g").catalog.hub("r2-l1")?.state).toBe("alive");
});
const DETECTED = 500;

test("REG-23: a region that falls silent is failed as a whole, its local hubs together with its regional hub", () => {
  const world = new World({ hubs: planet(3, 3) });
  world.run(1_000);
  const region = ["r3", "r3-l1", "r3-l2", "r3-l3"];
  const states = (from: string) => region.map((id) => world.registry(from).catalog.hub(id)?.state);
  for (const id of region) world.freeze(id);
  world.run(3_900);
  expect(states("r1-l1")).toEqual(["alive", "alive", "alive", "alive"]);
  world.run(200);
  for (const from of ["g", "r1", "r2"]) expect(states(from)).toEqual(["failed", "failed", "failed", "failed"]);
});

test("REG-23: in a region of more hubs than can be dialled at once, a visit that waits for a dial is none that was missed", () => {
  const world = new World({ hubs: planet(2, 20) });
  world.run(1_000);
  // The living are the last in the order of the ids, so every dial is taken when their turn comes.
  const dead = [...world.nodes.keys()].filter((id) => id.startsWith("r2") && !/-l[6-9]$/.test(id));
  for (const id of dead) world.freeze(id);
  const failed = () =>
    [...world.registry("g").catalog.hubs()].filter(({ state }) => state === "failed").map(({ hubId }) => hubId);
  const called = new Set<string>();
  for (let t = 0; t < 30_000; t += 100) {
    world.run(100);
    for (const id of failed()) called.add(id);
  }
  expect([...called].sort()).toEqual([...dead].sort());
  expect(failed()).toHaveLength(dead.length);
});

test("REG-23: while the regional hub is only suspected nobody is failed, and its return takes every word back", () => {
  const world = new World({ hubs: planet(3, 2) });
  world.run(1_000);
  const region = ["r3", "r3-l1", "r3-l2"];
  for (const id of region) world.freeze(id);
  world.run(3_000);
  for (const id of region) world.thaw(id);
  world.run(10_000);
  for (const from of ["g", "r1", "r2", "r1-l1"]) {
    expect(region.map((id) => world.registry(from).catalog.hub(id)?.state)).toEqual(["alive", "alive", "alive"]);
  }
  const words = [...world.nodes.values()].flatMap(({ published }) =>
    published.filter(({ body }) => body.kind === "hub-state" && body.state !== "alive"),
  );
  expect(words).toEqual([]);
});

test("REG-23: a local hub that answers after a pause of the allowed length is not failed", () => {
  const world = new World({ hubs: planet(3, 1) });
  world.run(1_000);
  world.freeze("r3");
  world.run(1_100);
  world.freeze("r3-l1");
  world.run(2_700);
  world.thaw("r3-l1");
  world.run(10_000);
  for (const from of ["g", "r1", "r2"]) expect(world.registry(from).catalog.hub("r3-l1")?.state).toBe("alive");
  expect(world.registry("g").catalog.hub("r3")?.state).toBe("failed");
});

test("REG-21: a coordinator tells of its children once per change, and a stand-in for a dead global hub", () => {
  const world = new World({ hubs: planet(3, 1) });
  world.run(1_000);
  const words = (by: string) => {
    const told = world.node(by).published.flatMap(({ body }) => (body.kind === "hub-state" ? [body.state] : []));
    return told.filter((state) => state !== "alive").length;
  };
  expect(words("g") + words("r1")).toBe(0);
  world.kill("r1-l1");
  world.run(1_000);
  expect(words("r1")).toBe(1);
  expect(world.registry("r2-l1").catalog.hub("r1-l1")?.state).toBe("failed");
  world.kill("g");
  world.kill("r3");
  world.run(3_000);
  expect(world.registry("r2-l1").catalog.hub("g")?.state).toBe("failed");
  expect(world.registry("r2-l1").catalog.hub("r3")?.state).toBe("failed");
  expect(words("r2")).toBe(0);
  world.start("g");
  world.start("r1-l1");
  world.run(3_000);
  expect(world.registry("r2-l1").catalog.hub("g")?.state).toBe("alive");
  expect(world.registry("r2-l1").catalog.hub("r1-l1")?.state).toBe("alive");
});

test("REG-21: of a parent that no group above speaks of, its stand-in does, and takes it back on its return", () => {
  const children = ["l1", "l2", "l3"].map((id) => hub(id, "local", "r", "r"));
  const world = new World({ hubs: [hub("r", "regional", "r", null), ...children] });
  const words = (by: string) =>
    world.node(by).published.flatMap(({ body }) => (body.kind === "hub-state" ? [`${body.hubId} ${body.state}`] : []));
  world.run(1_000);
  world.kill("r");
  world.run(1_000);
  expect(words("l1")).toEqual(["r failed"]);
  expect([...words("l2"), ...words("l3")]).toEqual([]);
  world.start("r");
  world.run(1_000);
  expect(words("l1")).toEqual(["r failed", "r alive"]);
});

test("REG-22: a child that died while its parent was away is failed after the parent's grace", () => {
  const world = new World({ hubs: planet(2, 1) });
  world.run(1_000);
  world.kill("r1");
  world.kill("r1-l1");
  world.run(100);
  world.start("r1");
  world.run(5_000);
  expect(world.registry("r1").catalog.hub("r1-l1")?.state).toBe("alive");
  world.run(10_000);
  expect(world.registry("r2").catalog.hub("r1-l1")?.state).toBe("failed");
});

test("REG-2: after a region dies and returns all hubs hold the same view and idle again", () => {
  const world = new World({ hubs: planet(3, 3) });
  world.run(100);
  for (let r = 1; r <= 3; r++)
    for (let l = 1; l <= 3; l++) for (const id of ids(`c${r}${l}`, 8)) world.register(`r${r}-l${l}`, id);
  world.run(2_000);
  for (const id of ["r2", "r2-l1", "r2-l2", "r2-l3"]) world.kill(id);
  world.run(20_000);
  for (const id of ["r2", "r2-l1", "r2-l2", "r2-l3"]) world.start(id);
  world.run(30_000);
  const view = (id: string) =>
    [...world.registry(id).catalog.clusters()].map(({ owner, record }) => `${record.clusterId}@${owner}`).sort();
  const expected = view("g");
  expect(expected.length).toBe(72);
  for (const [id, node] of world.nodes) {
    expect(view(id)).toEqual(expected);
    expect(node.registry.storeFor(null).digest()).toEqual(world.registry("g").storeFor(null).digest());
  }
  for (const entry of expected) expect(entry).toMatch(/^c(\d)(\d)\d+@r\1-l\2$/);
  const published = () => [...world.nodes.values()].reduce((sum, { published: { length } }) => sum + length, 0);
  const before = published();
  world.run(60_000);
  expect(published()).toBe(before);
});
