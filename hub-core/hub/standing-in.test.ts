import { beforeEach, expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import type { Hub } from "./hub.ts";
import { HubWorld, storedAfter, type WorldHub } from "./hub-world.test-helper.ts";

const EAST: readonly WorldHub[] = [
  { id: "r-east", region: "east", tier: "regional", parent: "g" },
  { id: "l-east-1", region: "east", tier: "local", parent: "r-east" },
  { id: "l-east-2", region: "east", tier: "local", parent: "r-east" },
];
const PLANET: readonly WorldHub[] = [
  { id: "g", region: "centre", tier: "global", parent: null },
  { id: "r-centre", region: "centre", tier: "regional", parent: "g" },
  ...EAST,
  { id: "r-west", region: "west", tier: "regional", parent: "g" },
  { id: "l-west-1", region: "west", tier: "local", parent: "r-west" },
  { id: "l-west-2", region: "west", tier: "local", parent: "r-west" },
];
const IDS = PLANET.map(({ id }) => id);
const EAST_IDS = EAST.map(({ id }) => id);

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld(PLANET);
  world.run(5_000);
});

const hub = (id: HubId): Hub => world.hubs.get(id) as Hub;
const alive = (): HubId[] => [...world.hubs.keys()];
const groupsOf = (id: HubId): string[] => hub(id).groups.map((group) => group.id);
const stateOf = (seenBy: HubId, id: HubId): string | undefined => hub(seenBy).registry.catalog.hub(id)?.state;
const memberOf = (seenBy: HubId, group: string, id: HubId) =>
  hub(seenBy)
    .groups.find((each) => each.id === group)
    ?.membership.member(id);

function register(at: HubId, clusterId: string): void {
  const request = {
    kind: "cluster-register",
    cluster: {
      clusterId,
      endpoints: [{ url: `https://${clusterId}.example` }],
      services: [{ name: "search" }],
      metadata: { owner: "a team", routing: { weight: 2 } },
    },
    assigned: true,
  } as const;
  world.ask(at, `register ${clusterId}`, request as never);
  world.run(0);
  expect(world.replies.get(`register ${clusterId}`)).toMatchObject({ ok: true });
}

function killEast(): void {
  world.kill("r-east");
  world.run(8_000);
}

/** Kills the regional hub; its group elects `leader`. */
function failOver(leader: HubId, term = 2): void {
  killEast();
  world.elect("east", leader, term, EAST_IDS);
  world.run(3_000);
}

function knows(id: HubId, clusterId: string): boolean {
  return hub(id).registry.catalog.cluster(clusterId) !== undefined;
}

test("COORD-1: the elected child of a parent that is gone enters the group above in its place", () => {
  failOver("l-east-1");
  expect(groupsOf("l-east-1")).toEqual(["east", "global"]);
  for (const id of ["g", "r-centre", "r-west"]) {
    expect(memberOf(id, "global", "l-east-1")).toMatchObject({
      state: "alive",
      standsIn: { parent: "r-east", above: "g", term: 2 },
    });
  }
  expect(groupsOf("l-east-2")).toEqual(["east"]);
});

test("COORD-2: by a stand-in the records of its region go up whole, and those of the others come down in routing form", () => {
  failOver("l-east-1");
  register("l-east-2", "from-the-orphans");
  register("l-west-1", "from-afar");
  world.run(3_000);
  for (const id of alive()) {
    expect(knows(id, "from-the-orphans"), id).toBe(true);
    expect(knows(id, "from-afar"), id).toBe(true);
  }
  const metadata = (id: HubId, cluster: string) => hub(id).registry.catalog.cluster(cluster)?.record.metadata;
  for (const id of ["g", "r-west"]) expect(metadata(id, "from-the-orphans")).toMatchObject({ owner: "a team" });
  for (const id of ["l-east-1", "l-east-2"]) expect(metadata(id, "from-afar")).toEqual({ routing: { weight: 2 } });
});

test("COORD-2: what a stand-in holds in routing form never goes up from it", () => {
  failOver("l-east-1");
  register("l-west-1", "from-afar");
  world.run(3_000);
  const up = hub("l-east-1").registry.storeFor("global");
  expect(up.changesSince("l-west-1", 0, 60_000)).toEqual({ rumors: [], upTo: 0, more: false });
  expect(up.changesSince("l-east-2", 0, 60_000).rumors.length).toBeGreaterThan(0);
});

test("COORD-3: a coordinator says so in its record, with its term; everyone sees who acts for whom", () => {
  failOver("l-east-1", 4);
  for (const id of alive()) {
    expect(hub(id).registry.catalog.coordinatorOf("r-east"), id).toMatchObject({ hubId: "l-east-1", term: 4 });
    expect(hub(id).registry.catalog.coordinatorOf("r-west"), id).toMatchObject({ hubId: "r-west", term: 0 });
  }
});

test("COORD-4: of two stand-ins the one with the higher term counts, and the other leaves without having left its region", () => {
  failOver("l-east-1");
  world.elect("east", "l-east-2", 3, EAST_IDS);
  world.run(3_000);
  expect(groupsOf("l-east-1")).toEqual(["east"]);
  expect(groupsOf("l-east-2")).toEqual(["east", "global"]);
  for (const id of alive()) {
    expect(hub(id).registry.catalog.coordinatorOf("r-east")?.hubId, id).toBe("l-east-2");
    expect(stateOf(id, "l-east-1"), id).toBe("alive");
  }
  expect(memberOf("g", "global", "l-east-1")?.state).toBe("left");
});

test("COORD-4: facts of an older term change nothing, in whatever order they come", () => {
  failOver("l-east-1", 5);
  world.elect("east", "l-east-2", 4, EAST_IDS);
  world.run(1_000);
  expect(groupsOf("l-east-2")).toEqual(["east"]);
  expect(groupsOf("l-east-1")).toEqual(["east", "global"]);
  expect(hub("l-east-2").coordination.standing("east")).toMatchObject({ leader: "l-east-1", term: 5 });
});

test("COORD-4: who has not heard that another was elected is not let in", () => {
  killEast();
  // Elected and cut off before it could enter; the others have gone on.
  world.told("l-east-2", "east", { leader: "l-east-2", term: 3 });
  world.run(3_000);
  world.told("l-east-1", "east", { leader: "l-east-1", term: 2 });
  world.run(3_000);
  expect(memberOf("g", "global", "l-east-1")).toBeUndefined();
  expect(hub("g").registry.catalog.coordinatorOf("r-east")?.hubId).toBe("l-east-2");
});

test("COORD-4: the next stand-in is there before the last one leaves", () => {
  failOver("l-east-1");
  world.elect("east", "l-east-2", 3, EAST_IDS);
  let gaps = 0;
  for (let i = 0; i < 300; i++) {
    world.run(10);
    const there = ["l-east-1", "l-east-2"].filter((id) => memberOf("g", "global", id)?.state === "alive");
    if (there.length === 0) gaps += 1;
  }
  expect(gaps).toBe(0);
});

test("COORD-5: the parent that is back and leads again relieves its stand-in; nobody is taken for gone", () => {
  const stored = storedAfter(world.trace.filter(({ hub: id }) => id === "r-east").flatMap(({ effects }) => effects));
  failOver("l-east-1");
  world.boot("r-east", stored);
  world.run(5_000);
  // Both are in the group above until the region's election gives the role back.
  expect(memberOf("g", "global", "l-east-1")?.state).toBe("alive");
  expect(memberOf("g", "global", "r-east")?.state).toBe("alive");
  expect(stateOf("l-west-1", "r-east")).toBe("alive");
  world.elect("east", "r-east", 3, EAST_IDS);
  world.run(3_000);
  expect(groupsOf("l-east-1")).toEqual(["east"]);
  for (const id of IDS) {
    for (const other of IDS) if (id !== other) expect(stateOf(id, other), `${id} of ${other}`).toBe("alive");
    expect(hub(id).registry.catalog.coordinatorOf("r-east"), id).toMatchObject({ hubId: "r-east", term: 3 });
  }
});

test("COORD-5: the parent and its stand-in, in the group above at once, leave each other alone there", () => {
  failOver("l-east-1");
  world.boot("r-east", { identity: null, records: new Map(), peers: [], outcomes: new Map(), logs: new Map() });
  world.run(60_000);
  for (const id of IDS) {
    for (const other of IDS) if (id !== other) expect(stateOf(id, other), `${id} of ${other}`).toBe("alive");
  }
  expect(hub("r-east").metrics.value("membership_suspicions_total")).toBe(0);
});

test("COORD-6: a coordinator that has lost its office keeps its duties for a while, and then leaves", () => {
  failOver("l-east-1");
  world.elect("east", "l-east-1", 2, EAST_IDS);
  world.told("l-east-1", "east", null);
  world.run(5_000);
  expect(groupsOf("l-east-1")).toEqual(["east", "global"]);
  world.run(6_000);
  expect(groupsOf("l-east-1")).toEqual(["east"]);
  expect(hub("g").registry.catalog.coordinatorOf("r-east")).toBeNull();
  expect(stateOf("g", "l-east-1")).toBe("alive");
});

test("COORD-7: a stand-in tells the others how its siblings are", () => {
  failOver("l-east-1");
  world.kill("l-east-2");
  world.run(8_000);
  for (const id of alive()) expect(stateOf(id, "l-east-2"), id).toBe("failed");
});

test("COORD-7: when a stand-in is gone, the group above says so to those outside, and its successor speaks next", () => {
  const wider = [...PLANET, { id: "l-east-3", region: "east", tier: "local", parent: "r-east" }] as const;
  world = new HubWorld(wider);
  world.run(5_000);
  killEast();
  world.elect("east", "l-east-1", 2, ["l-east-1", "l-east-2", "l-east-3"]);
  world.run(3_000);
  world.kill("l-east-1");
  world.run(8_000);
  for (const id of alive()) expect(stateOf(id, "l-east-1"), id).toBe("failed");
  world.elect("east", "l-east-2", 3, ["l-east-2", "l-east-3"]);
  world.run(3_000);
  for (const id of alive()) {
    expect(hub(id).registry.catalog.coordinatorOf("r-east")?.hubId, id).toBe("l-east-2");
    expect(stateOf(id, "l-east-1"), id).toBe("failed");
    expect(stateOf(id, "l-east-3"), id).toBe("alive");
  }
});

test("COORD-8: of a region with a stand-in, what its local hubs answer is fresh again", () => {
  register("l-west-1", "from-afar");
  world.run(1_000);
  killEast();
  world.run(30_000);
  const ageAt = (id: HubId): number => {
    world.ask(id, "route", { kind: "route", question: question("search") } as never);
    world.run(0);
    const reply = world.replies.get("route") as { ok: boolean; value: { data_age_ms: number } };
    expect(reply.ok).toBe(true);
    return reply.value.data_age_ms;
  };
  expect(ageAt("l-east-2")).toBeGreaterThan(20_000);
  world.elect("east", "l-east-1", 2, EAST_IDS);
  world.run(3_000);
  for (const id of ["l-east-1", "l-east-2"]) expect(ageAt(id), id).toBeLessThan(1_000);
});

test("COORD-9: clusters of the parent that is gone are placed by its stand-in", () => {
  register("r-east", "of-the-parent");
  world.run(1_000);
  failOver("l-east-2");
  world.run(20_000);
  for (const id of alive()) {
    expect(hub(id).registry.catalog.cluster("of-the-parent"), id).toMatchObject({
      owner: expect.stringMatching(/^l-east/),
      vouched: true,
    });
  }
  expect(hub("l-east-2").metrics.value("registry_clusters_adopted_total")).toBeGreaterThanOrEqual(0);
});

test("COORD-10: without the global hub, the elected regional hub counts its places and speaks for its children", () => {
  world.kill("g");
  world.run(8_000);
  world.elect("global", "r-west", 2, ["r-centre", "r-east", "r-west"]);
  world.run(2_000);
  for (const id of alive()) {
    expect(hub(id).registry.catalog.coordinatorOf("g"), id).toMatchObject({ hubId: "r-west", term: 2 });
    expect(stateOf(id, "g"), id).toBe("failed");
  }
  world.kill("r-centre");
  world.run(8_000);
  for (const id of alive()) expect(stateOf(id, "r-centre"), id).toBe("failed");
});

test("COORD-10: a stand-in for the parent refuses joiners beyond the group's places", () => {
  const children = Array.from(
    { length: 20 },
    (_, i) => ({ id: `l-${i + 10}`, region: "east", tier: "local", parent: "r-east" }) as const,
  );
  world = new HubWorld([...PLANET.slice(0, 3), ...children]);
  world.run(8_000);
  killEast();
  world.elect(
    "east",
    "l-11",
    2,
    children.map(({ id }) => id),
  );
  world.run(3_000);
  // Not named in the federation's file, as one that was started by hand.
  world.join({ id: "l-99", region: "east", tier: "local", parent: "r-east" }, children[0]?.id ?? "");
  world.run(10_000);
  expect(hub("l-11").groups[0]?.membership.counts().alive).toBe(20);
  expect(hub("l-99").groups[0]?.membership.status().refusal).toMatchObject({ code: "capacity_exhausted", limit: 20 });
});

test("COORD-11: a stand-in that failed and came back as itself is not asked for any more in the group above", () => {
  const stored = storedAfter(world.trace.filter(({ hub: id }) => id === "l-east-1").flatMap(({ effects }) => effects));
  failOver("l-east-1");
  world.kill("l-east-1");
  world.run(8_000);
  expect(memberOf("g", "global", "l-east-1")?.state).toBe("failed");
  world.boot("l-east-1", {
    ...stored,
    identity: { incarnation: 40, seqCeiling: 5_000, firstStartedAt: 0, replica: 9 },
  });
  world.boot("r-east", { identity: null, records: new Map(), peers: [], outcomes: new Map(), logs: new Map() });
  world.run(60_000);
  for (const id of alive()) expect(stateOf(id, "l-east-1"), id).toBe("alive");
  expect(memberOf("g", "global", "l-east-1")?.state).toBe("left");
});

function question(service: string): object {
  return {
    service,
    position: { latitude: 10, longitude: 10, source: "query" },
    tags: [],
    version: null,
    namespace: null,
    jurisdiction: null,
    exclude: [],
    sticky: null,
    limit: 3,
    maxAgeMs: null,
    explain: false,
    strategy: "best",
  };
}

test("COORD-3: status says who coordinates each group, whether acting, in which term and since when", () => {
  failOver("l-east-1", 4);
  const statusAt = (id: HubId) => {
    world.ask(id, "status", { kind: "status" });
    world.ask(id, "registry", { kind: "registry-status" });
    world.run(0);
    const value = (name: string) => (world.replies.get(name) as { value: Record<string, unknown> }).value;
    return { coordination: value("status").coordination, groups: value("registry").groups };
  };
  const acting = { coordinator: "l-east-1", acting: true, term: 4, since_at: expect.any(String), parent: "r-east" };
  expect(statusAt("l-east-2").coordination).toEqual({ east: acting });
  expect(statusAt("l-east-1").coordination).toMatchObject({
    east: acting,
    global: { coordinator: "g", acting: false },
  });
  expect(statusAt("l-west-1").groups).toContainEqual({ group: "east", ...acting });
  expect(statusAt("l-west-1").groups).toContainEqual(
    expect.objectContaining({ group: "west", coordinator: "r-west", acting: false, term: null }),
  );
});
