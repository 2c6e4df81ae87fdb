/** One road is cut, and swallows what is sent on it: who writes at its one end goes on, by way of the others. */
import { expect, test } from "vitest";
import type { DurationMs } from "../../hub-core/common/types.ts";
import { cutRoadBound } from "./bounds.ts";
import { realHubs } from "./hub-kind.ts";
import type { SimHub } from "./sim-hub.ts";
import { flatGroup } from "./topology.ts";
import { World } from "./world.ts";

const ONE_WAY_MS = 40;
const CUT_MS = 20_000;
const WRITERS = 3;

type Direction = "both ways" | "from the leader" | "to the leader";

function groupOf(seed: number): World {
  const topology = flatGroup(5, "responsive");
  const world = new World({ seed, topology, kind: realHubs, delay: () => ONE_WAY_MS });
  for (const hub of world.hubs) world.start(hub);
  world.run(15_000);
  return world;
}

function leaderOf(world: World): { leader: SimHub; term: number; group: string } {
  const found = world.hubs.flatMap((hub) => world.replicas(hub).map((replica) => ({ hub, replica })));
  const led = found.find(({ replica }) => replica.role === "leader");
  if (!led) throw new Error("the group has no leader");
  return { leader: led.hub, term: led.replica.term, group: led.replica.group };
}

/** Writers at one hub, each with one write under way, from now on. */
class Writers {
  readonly acknowledged: number[] = [];
  readonly refused: string[] = [];
  readonly #world: World;
  readonly #at: SimHub;
  readonly #group: string;
  #resting = false;
  #writes = 0;

  constructor(world: World, at: SimHub, group: string) {
    this.#world = world;
    this.#at = at;
    this.#group = group;
    for (let writer = 0; writer < WRITERS; writer++) this.#write();
  }

  rest(): void {
    this.#resting = true;
  }

  #write(): void {
    if (this.#resting) return;
    this.#writes += 1;
    const put = { kind: "state-put", group: this.#group, key: `k${this.#writes}`, value: this.#writes } as const;
    this.#world.ask(this.#at, put, (reply) => {
      if (reply.ok) this.acknowledged.push(this.#world.clock.now);
      else this.refused.push(reply.problem.code);
      this.#write();
    });
  }

  longestGap(from: number, until: number): DurationMs {
    const times = [from, ...this.acknowledged.filter((at) => at > from && at < until), until];
    return times.reduce((longest, at, i) => Math.max(longest, at - (times[i - 1] ?? at)), 0);
  }
}

function cut(world: World, leader: SimHub, other: SimHub, direction: Direction, change: "cut" | "heal"): void {
  if (direction !== "to the leader") world.network.paths[change](leader, other);
  if (direction !== "from the leader") world.network.paths[change](other, leader);
}

test.each([
  ["both ways", 1],
  ["both ways", 2],
  ["from the leader", 1],
  ["to the leader", 1],
] as const)(
  "RAFT-61: a road to the leader that is silent %s, seed %i, stops no follower's writers",
  (direction, seed) => {
    const world = groupOf(seed);
    const { leader, term, group } = leaderOf(world);
    for (const edge of world.hubs.filter((hub) => hub !== leader)) {
      const writers = new Writers(world, edge, group);
      world.run(1_000);
      const from = world.clock.now;
      cut(world, leader, edge, direction, "cut");
      world.run(CUT_MS);
      expect(writers.longestGap(from, world.clock.now)).toBeLessThan(cutRoadBound(edge.config, 2 * ONE_WAY_MS));
      cut(world, leader, edge, direction, "heal");
      world.run(2_000);
      writers.rest();
      world.run(1_000);
      expect(writers.refused).toEqual([]);
      expect(leaderOf(world)).toEqual({ leader, term, group });
    }
  },
);

test("RAFT-61: a group that was silent when the road was cut takes a write at its other end within the same bound", () => {
  const world = groupOf(3);
  const { leader, group } = leaderOf(world);
  const edge = world.hubs.find((hub) => hub !== leader) as SimHub;
  world.run(10_000);
  expect(world.replicas(leader).every(({ quiet }) => quiet)).toBe(true);
  cut(world, leader, edge, "both ways", "cut");
  world.run(5_000);
  const from = world.clock.now;
  const writers = new Writers(world, edge, group);
  world.run(10_000);
  expect(writers.longestGap(from, world.clock.now)).toBeLessThan(cutRoadBound(edge.config, 2 * ONE_WAY_MS));
  expect(writers.refused).toEqual([]);
});

test("RAFT-61: when the road is whole again, what hubs say goes by it again", () => {
  const world = groupOf(4);
  const { leader, group } = leaderOf(world);
  const edge = world.hubs.find((hub) => hub !== leader) as SimHub;
  const writers = new Writers(world, edge, group);
  cut(world, leader, edge, "both ways", "cut");
  world.run(5_000);
  const relayed = (): number => world.hubs.reduce((sum, hub) => sum + world.relayed(hub), 0);
  const during = relayed();
  expect(during).toBeGreaterThan(50);
  cut(world, leader, edge, "both ways", "heal");
  world.run(3_000);
  const after = relayed();
  world.run(5_000);
  expect(relayed()).toBe(after);
  writers.rest();
});
