import { expect, test } from "vitest";
import { BEAT_MS, EchoMachine, echoes } from "./echo-machine.test-helper.ts";
import type { SimHub } from "./sim-hub.ts";
import { flatGroup } from "./topology.ts";
import { EPOCH, World } from "./world.ts";

/** A parent and its children, `oneWay` milliseconds apart. */
function group(size: number, seed = 1, oneWay = 10): World<EchoMachine> {
  const world = new World({ seed, topology: flatGroup(size, "responsive"), kind: echoes, delay: () => oneWay });
  for (const hub of world.hubs) world.start(hub);
  return world;
}

function machineOf(hub: SimHub | undefined): EchoMachine {
  if (!(hub?.machine instanceof EchoMachine)) throw new Error("not running");
  return hub.machine;
}

test("a link opens at both ends, at the acceptor first, and carries frames in order", () => {
  const world = group(2);
  world.run(1_000);
  const [parent, child] = world.hubs.map(machineOf);
  const opened = [child, parent].map((machine) => machine?.events.find(({ event }) => event.kind === "link-opened"));
  expect(opened.map((entry) => (entry?.event.kind === "link-opened" ? entry.event.direction : null))).toEqual([
    "out",
    "in",
  ]);
  expect(opened[1]?.at).toBeLessThan(opened[0]?.at ?? 0);
  const heard = parent?.heard() ?? [];
  expect(heard.length).toBeGreaterThanOrEqual(8);
  expect(heard).toEqual([...heard].sort((a, b) => a - b));
});

test("a process that dies closes its sockets; a silent machine tells nobody, and resets come when it is back", () => {
  for (const kind of ["process", "silent"] as const) {
    const world = group(2);
    world.run(500);
    const [parent, child] = world.hubs;
    if (!parent || !child) throw new Error("two hubs");
    world.kill(child, kind);
    world.run(500);
    expect(machineOf(parent).links.size).toBe(kind === "process" ? 0 : 1);
    world.start(child);
    world.run(500);
    const closings = machineOf(parent).events.filter(({ event }) => event.kind === "link-closed");
    expect(closings).toHaveLength(1);
  }
});

test("a dial is refused by a dead process, times out at a silent machine and across a cut", () => {
  for (const [trouble, reason] of [
    ["process", "refused"],
    ["silent", "timeout"],
    ["cut", "timeout"],
  ] as const) {
    const world = new World({ seed: 1, topology: flatGroup(2, "responsive"), kind: echoes, delay: () => 10 });
    const [parent, child] = world.hubs;
    if (!parent || !child) throw new Error("two hubs");
    world.start(parent);
    if (trouble === "cut") world.network.paths.cut(parent, child);
    else world.kill(parent, trouble);
    world.start(child);
    world.run(2_000);
    const failed = machineOf(child).events.flatMap(({ event }) => (event.kind === "dial-failed" ? [event.reason] : []));
    expect(failed).toEqual([reason]);
  }
});

test("a dial ends the one before it to the same peer, which is heard of no more", () => {
  const world = new World({ seed: 1, topology: flatGroup(2, "responsive"), kind: echoes, delay: () => 10 });
  const [parent, child] = world.hubs;
  if (!parent || !child) throw new Error("two hubs");
  world.start(parent);
  world.start(child);
  world.network.dial(child, parent.id, 1_000);
  world.run(1_000);
  const ofChild = machineOf(child).events.flatMap(({ event }) => (event.kind === "link-opened" ? [event.link] : []));
  expect(ofChild).toHaveLength(1);
  expect(child.ends.size).toBe(1);
  expect(parent.ends.size).toBe(1);
});

test("a one-way cut loses frames in that direction alone", () => {
  const world = group(2);
  world.run(500);
  const [parent, child] = world.hubs;
  if (!parent || !child) throw new Error("two hubs");
  world.network.paths.cut(parent, child);
  const before = [machineOf(parent).heard().length, machineOf(child).heard().length];
  world.run(1_000);
  expect(machineOf(child).heard().length - (before[1] ?? 0)).toBeLessThanOrEqual(1);
  expect(machineOf(parent).heard().length - (before[0] ?? 0)).toBeGreaterThanOrEqual(9);
});

test("a frozen hub handles nothing, then everything that waited, in order", () => {
  const world = group(2);
  world.run(500);
  const [parent] = world.hubs;
  if (!parent) throw new Error("two hubs");
  const before = machineOf(parent).events.length;
  world.freeze(parent, 2_000);
  world.run(1_999);
  expect(machineOf(parent).events).toHaveLength(before);
  world.run(1);
  const late = machineOf(parent).events.slice(before);
  expect(late.filter(({ event }) => event.kind === "frame").length).toBeGreaterThanOrEqual(19);
  expect(late.every(({ at }) => at >= EPOCH + 2_500)).toBe(true);
});

test("an eviction forgets memory, keeps storage, and hands over the sockets that the runtime held", () => {
  const world = group(2);
  world.run(1_000);
  const [parent] = world.hubs;
  if (!parent) throw new Error("two hubs");
  const counted = machineOf(parent).count;
  world.evict(parent);
  expect(machineOf(parent).count).toBe(counted);
  const [first, second] = machineOf(parent).events.map(({ event }) => event.kind);
  expect([first, second]).toEqual(["start", "link-opened"]);
  world.run(BEAT_MS * 3);
  expect(machineOf(parent).heard().length).toBeGreaterThanOrEqual(2);
});

test("a crash before the writes loses them and sends nothing; after them, keeps them and sends no more than it had", () => {
  for (const [point, stored, sent] of [
    [{ kind: "before-persist" }, 0, 0],
    [{ kind: "after-persist" }, 1, 0],
    [{ kind: "after-sends", sends: 1 }, 1, 1],
  ] as const) {
    const world = group(4);
    world.run(500);
    const [parent] = world.hubs;
    if (!parent) throw new Error("hubs");
    const before = machineOf(parent).count;
    const frames = world.network.counts.framesSent;
    parent.crashPoint = point;
    const step = world.network.counts;
    world.refire(parent, 1);
    expect(parent.alive).toBe(false);
    expect(step.framesSent - frames).toBe(sent);
    expect((parent.storage.identity?.incarnation ?? 0) - before).toBe(stored);
  }
});

test("a clock that jumps makes what it has passed due at once, and never goes back", () => {
  const world = group(1);
  const [hub] = world.hubs;
  if (!hub) throw new Error("a hub");
  world.run(150);
  world.jumpClock(hub, 5_000);
  world.run(1);
  const last = machineOf(hub).events.at(-1);
  expect(last?.event.kind).toBe("timer");
  expect(last?.at).toBe(EPOCH + 5_150);
  world.run(1_000);
  const times = machineOf(hub).events.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test("timers may fire late and twice; a stale token is the machine's to ignore", () => {
  const world = group(1);
  const [hub] = world.hubs;
  if (!hub) throw new Error("a hub");
  world.run(250);
  const beats = machineOf(hub).count;
  world.refire(hub, 3);
  expect(machineOf(hub).count).toBe(beats + 1);
  world.delayTimers(hub, 60_000);
  world.run(59_000);
  expect(machineOf(hub).count).toBe(beats + 1);
  world.run(2_000);
  expect(machineOf(hub).count).toBeGreaterThan(beats + 1);
});

test("losing, repeating and reordering frames happens about as often as asked for", () => {
  const world = group(6);
  world.network.paths.frames = { loss: 0.2, duplication: 0.1, reordering: 0.1, reorderMs: 50 };
  world.run(200_000);
  const { framesSent, framesLost, framesRepeated, framesReordered } = world.network.counts;
  expect(framesSent).toBeGreaterThan(15_000);
  expect(framesLost / framesSent).toBeGreaterThan(0.17);
  expect(framesLost / framesSent).toBeLessThan(0.23);
  expect(framesRepeated / framesSent).toBeGreaterThan(0.06);
  expect(framesReordered / framesSent).toBeGreaterThan(0.06);
});

test("two runs of one seed are the same, byte for byte; another seed is another run", () => {
  const hashOf = (seed: number): string => {
    const world = group(5, seed);
    world.network.paths.frames = { loss: 0.1, duplication: 0.1, reordering: 0.1, reorderMs: 20 };
    world.run(5_000);
    return world.trace.hash;
  };
  expect(hashOf(7)).toBe(hashOf(7));
  expect(hashOf(8)).not.toBe(hashOf(7));
});
