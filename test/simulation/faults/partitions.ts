/** Cuts between sets of hubs: both ways, one way, or with a bridge of hubs that still hear both sides. */
import type { DurationMs } from "../../../hub-core/common/types.ts";
import type { SimHub } from "../sim-hub.ts";
import type { Fault, Theatre } from "./fault.ts";

type Pair = readonly [from: SimHub, to: SimHub];

export const partition: Fault = {
  name: "partition",
  strike: (theatre) => {
    const [left, right] = split(theatre);
    return cutFor(theatre, "symmetric", [...across(left, right), ...across(right, left)]);
  },
};

export const oneWayPartition: Fault = {
  name: "one-way-partition",
  strike: (theatre) => {
    const [left, right] = split(theatre);
    return cutFor(theatre, "one way", across(left, right));
  },
};

export const bridgePartition: Fault = {
  name: "bridge-partition",
  strike: (theatre) => {
    const [left, right] = split(theatre);
    const bridge = new Set(theatre.random.sample(left, Math.max(1, Math.floor(left.length / 4))));
    const rest = left.filter((hub) => !bridge.has(hub));
    return cutFor(theatre, "with a bridge", [...across(rest, right), ...across(right, rest)]);
  },
};

export const isolation: Fault = {
  name: "isolation",
  strike: (theatre) => {
    const hub = theatre.victim();
    return hub !== undefined && cutOff(theatre, hub);
  },
};

/** Whoever leads a group is cut off, not for long, with what it was writing: another leads before it is back. */
export const leaderIsolation: Fault = {
  name: "leader-isolation",
  strike: (theatre) => {
    const { world, random } = theatre;
    const leads = (hub: SimHub): boolean => world.replicas(hub).some(({ role }) => role === "leader");
    const hub = random.pick(world.hubs.filter((one) => one.alive && leads(one)));
    return hub !== undefined && cutOff(theatre, hub, 10_000);
  },
};

/** One road, between a leader and one who follows it: all others are open, and neither end is told. */
export const leaderRoad: Fault = {
  name: "leader-road",
  strike: (theatre) => {
    const { world, random } = theatre;
    const led = world.hubs.flatMap((hub) =>
      world.replicas(hub).flatMap(({ leader }) => (leader === null || leader === hub.id ? [] : [{ hub, leader }])),
    );
    const road = random.pick(led);
    const leader = road && world.hub(road.leader);
    if (!leader) return false;
    const inwards = across([leader], [road.hub]);
    const outwards = across([road.hub], [leader]);
    const pairs = [inwards, outwards, [...inwards, ...outwards]][random.below(3)] ?? inwards;
    return cutFor(theatre, `${road.hub.id} and ${road.leader}`, pairs, 60_000);
  },
};

/** Extra delay on all paths of one hub, small enough for nobody to be failed over it. */
export const slowLinks: Fault = {
  name: "slow-links",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub) return false;
    const { world } = theatre;
    const extra = theatre.between(20, 400);
    const set = (ms: number): void => {
      for (const other of world.hubs) {
        world.network.paths.slow(hub, other, ms);
        world.network.paths.slow(other, hub, ms);
      }
    };
    world.note(hub.id, "links slow", extra);
    set(extra);
    theatre.endAfter(theatre.between(5_000, 60_000), () => set(0));
    return true;
  },
};

/** By region as often as at random: real cuts follow the map. */
function split({ world, random }: Theatre): [SimHub[], SimHub[]] {
  const regions = [...new Set(world.hubs.map((hub) => hub.identity.region))];
  if (regions.length > 1 && random.below(2) === 0) {
    const away = new Set(random.sample(regions, 1 + random.below(regions.length - 1)));
    return part(world.hubs, (hub) => away.has(hub.identity.region));
  }
  const share = random.float();
  return part(world.hubs, () => random.float() < share);
}

function part(hubs: readonly SimHub[], isLeft: (hub: SimHub) => boolean): [SimHub[], SimHub[]] {
  const left: SimHub[] = [];
  const right: SimHub[] = [];
  for (const hub of hubs) (isLeft(hub) ? left : right).push(hub);
  return [left, right];
}

function across(from: readonly SimHub[], to: readonly SimHub[]): Pair[] {
  return from.flatMap((a) => to.map((b): Pair => [a, b]));
}

/** From what comes in, from where it goes out to, or from both. */
function cutOff(theatre: Theatre, hub: SimHub, longest?: DurationMs): boolean {
  const others = theatre.world.hubs.filter((other) => other !== hub);
  const inwards = across(others, [hub]);
  const outwards = across([hub], others);
  const pairs = [inwards, outwards, [...inwards, ...outwards]][theatre.random.below(3)] ?? inwards;
  return cutFor(theatre, hub.id, pairs, longest);
}

function cutFor(theatre: Theatre, how: string, pairs: readonly Pair[], longest: DurationMs = 180_000): boolean {
  if (pairs.length === 0) return false;
  const { world, random } = theatre;
  const { paths } = world.network;
  const touched = new Set(pairs.flat());
  world.note("network", "cut", `${how}, ${pairs.length} paths`);
  for (const [from, to] of pairs) paths.cut(from, to);
  for (const hub of touched) hub.trouble();
  // Either the stalled sockets are reset when the network is back, or what was lost on them is just missing.
  const resets = random.below(2) === 0;
  theatre.endAfter(theatre.between(500, longest), () => {
    world.note("network", "heals", `${how}, ${pairs.length} paths`);
    for (const [from, to] of pairs) paths.heal(from, to);
    if (resets) for (const [from, to] of pairs) if (!paths.isCut(from, to)) world.network.reset(from, to);
    for (const hub of touched) hub.relieve(world.clock.now);
  });
  return true;
}
