import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rumor } from "../../wire/catalog.ts";
import { StateWorld } from "./world.test-helper.ts";

const MINUTE = 60_000;
const three = () => new StateWorld(["a", "b", "c"]);

test("STATE-3: words in any order, repeated, through any hub, give the same keys everywhere", () => {
  const ids = ["a", "b", "c"];
  const step = fc.record({
    hub: fc.constantFrom(...ids),
    what: fc.constantFrom("count", "add", "drop", "set", "remove", "spread"),
    which: fc.nat(1),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.infiniteStream(fc.nat(1_000)), (steps, dice) => {
      const world = three();
      const shuffle = (rumors: Rumor[]): Rumor[] => {
        const some = rumors.filter(() => (dice.next().value as number) % 3 > 0);
        return [...some, ...some].sort(() => (dice.next().value as number) - 500);
      };
      for (const { hub, what, which } of steps) {
        world.now += 1;
        if (what === "count") world.count(hub, "n", which + 1);
        else if (what === "add") world.add(hub, "s", String(which));
        else if (what === "drop") world.put(hub, "s", { type: "set", op: "remove", value: String(which) });
        else if (what === "set") world.put(hub, "x", { type: "lww", op: "set", value: which });
        else if (what === "remove") world.remove(hub, ["n", "s"][which] as string);
        else world.spread(shuffle);
      }
      world.spread();
      world.spread();
      const [a, b, c] = ids.map((id) => world.node(id).state.fingerprints());
      expect(b).toEqual(a);
      expect(c).toEqual(a);
    }),
    { numRuns: 200 },
  );
});

test("STATE-18: after a restart no stamp is used again, though the clock went back", () => {
  const world = new StateWorld(["a", "b"]);
  world.node("a").skewMs = 20_000;
  world.add("a", "s", "p");
  world.spread();
  world.put("b", "s", { type: "set", op: "remove", value: "p" });
  world.node("a").skewMs = 0;
  world.restart("a", "kept");
  world.add("a", "s", "q");
  world.spread();
  expect(world.values("s")).toEqual([["q"], ["q"]]);
});

test("STATE-18: a hub that lost its storage counts nothing twice and nothing less, whatever it writes before its words come back", () => {
  const world = three();
  world.count("a", "n", 5);
  world.add("a", "s", "p");
  world.spread();
  world.restart("a", "lost");
  world.count("a", "n", 2);
  world.add("a", "s", "q");
  world.spread();
  expect(world.read("b", "n")?.value).toBe(7);
  world.echo("a");
  world.run(5 * MINUTE);
  expect(world.values("n")).toEqual([7, 7, 7]);
  expect(world.values("s")).toEqual([
    ["p", "q"],
    ["p", "q"],
    ["p", "q"],
  ]);
  world.count("a", "n", 1);
  world.run(MINUTE);
  expect(world.values("n")).toEqual([8, 8, 8]);
});

test("STATE-18: a hub that lost its storage does not bring back what was removed meanwhile", () => {
  const world = three();
  world.add("a", "s", "p");
  world.spread();
  world.restart("a", "lost");
  world.put("b", "s", { type: "set", op: "remove", value: "p" });
  world.echo("a");
  world.run(5 * MINUTE);
  expect(world.values("s")).toEqual([undefined, undefined, undefined]);
});

test("STATE-19: what a hub said before it lost its storage, and does not get back, is said by who has it", () => {
  const world = three();
  world.count("a", "n", 5);
  world.spread();
  world.restart("c", "lost");
  world.restart("a", "lost");
  world.relays = false;
  world.run(2 * MINUTE);
  expect(world.values("n")).toEqual([5, 5, 5]);
  expect(world.words("n")).toEqual([{ origin: "b", onBehalf: true }]);
});

test("STATE-19: when a hub that lost its storage is told an older word of its own, what it had said since is not lost", () => {
  const world = three();
  world.count("a", "n", 5);
  world.spread();
  world.relays = false;
  world.island.add("c");
  world.count("a", "n", 2);
  world.spread();
  world.island.clear();
  world.restart("a", "lost");
  const older = [...world.node("c").records.values()].find(({ origin }) => origin === "a");
  world.sayAgain("a", older);
  world.run(3 * MINUTE);
  expect(world.values("n")).toEqual([7, 7, 7]);
});

test("STATE-19: what only a hub that is gone says is said by one of the others, once, and given back when it returns", () => {
  const world = three();
  world.count("a", "n", 5);
  world.count("b", "n", 1);
  world.spread();
  world.stands("a", "failed");
  world.run(20_000);
  expect(world.words("n")).toHaveLength(2);
  world.run(2 * MINUTE);
  expect(world.words("n").filter(({ onBehalf }) => onBehalf)).toHaveLength(1);
  world.collect("a");
  world.restart("b", "kept");
  world.restart("c", "kept");
  world.run(MINUTE);
  expect([world.read("b", "n")?.value, world.read("c", "n")?.value]).toEqual([6, 6]);
  world.stands("a", "alive");
  world.run(5 * MINUTE);
  expect(world.values("n")).toEqual([6, 6, 6]);
  expect(world.words("n").filter(({ onBehalf }) => onBehalf)).toEqual([]);
});

test("STATE-19: a copy is kept until the hub that is back has been here for a while: it may have lost what it said, and not have told", () => {
  const world = three();
  world.add("c", "s", "p");
  world.run(5_000);
  world.stands("c", "failed");
  world.run(60_000);
  const behalf = () => world.words("s").filter(({ onBehalf }) => onBehalf).length;
  expect(behalf()).toBe(1);
  world.stands("c", "alive");
  world.run(5_000);
  expect(behalf()).toBe(1);
  world.restart("c", "lost");
  world.run(5_000);
  expect(behalf()).toBe(1);
  expect(world.read("a", "s")?.value).toEqual(["p"]);
  world.run(60_000);
  expect(world.values("s")).toEqual([["p"], ["p"], ["p"]]);
});

test("STATE-19: a hub that has left is followed at once, and one that is only away for a moment not at all", () => {
  const world = three();
  world.count("a", "n", 5);
  world.spread();
  world.stands("a", "failed");
  world.run(10_000);
  world.stands("a", "alive");
  world.run(2 * MINUTE);
  expect(world.words("n")).toHaveLength(1);
  world.stands("a", "left");
  world.run(10_000);
  expect(world.words("n").filter(({ onBehalf }) => onBehalf)).toHaveLength(1);
});

test("STATE-19: when the first in line is gone as well, the next takes over; none is lost with the last", () => {
  const world = new StateWorld(["a", "b", "c", "d"]);
  world.count("a", "n", 5);
  world.spread();
  world.stands("a", "left");
  world.run(MINUTE);
  const heir = world.words("n").find(({ onBehalf }) => onBehalf)?.origin as string;
  world.stands(heir, "left");
  world.collect("a");
  world.run(MINUTE);
  world.collect(heir);
  world.run(MINUTE);
  const heirs = world.words("n").filter(({ origin }) => origin !== "a" && origin !== heir);
  expect(heirs).toHaveLength(1);
  const other = ["b", "c", "d"].find((id) => id !== heir && id !== heirs[0]?.origin) as string;
  world.restart(other, "lost");
  world.run(MINUTE);
  expect(world.read(other, "n")?.value).toBe(5);
});

test("STATE-27: what nobody says any more is read on, and said again by one who remembers it", () => {
  const world = three();
  world.add("c", "s", "p");
  world.spread();
  world.stands("c", "unknown");
  world.collect("c");
  world.run(5_000);
  expect([world.values("s").slice(0, 2), world.words("s").length]).toEqual([[["p"], ["p"]], 1]);
  world.run(60_000);
  expect(world.values("s").slice(0, 2)).toEqual([["p"], ["p"]]);
  expect(world.words("s").filter(({ origin }) => origin !== "c")).toHaveLength(1);
});

test("STATE-20: a removed key is forgotten by all once all tell of its death, and nothing is said of it any more", () => {
  const world = three();
  world.add("a", "s", "p");
  world.add("b", "s", "q");
  world.spread();
  world.remove("c", "s");
  world.run(10_000);
  expect(world.words("s").length).toBeGreaterThan(0);
  world.run(3 * MINUTE);
  expect(world.words("s")).toEqual([]);
  for (const node of world.nodes.values()) expect(node.state.fingerprints().size).toBe(0);
  world.add("a", "s", "r");
  world.run(MINUTE);
  expect(world.values("s")).toEqual([["r"], ["r"], ["r"]]);
});

test("STATE-20: while one hub has not heard of the death it is not forgotten, and that hub brings nothing back", () => {
  const world = three();
  world.add("c", "s", "p");
  world.spread();
  world.island.add("c");
  world.stands("c", "failed");
  world.remove("a", "s");
  world.run(60 * MINUTE, 10_000);
  expect(world.node("a").state.fingerprints().size).toBe(1);
  world.island.clear();
  world.stands("c", "alive");
  world.run(5 * MINUTE);
  expect(world.values("s")).toEqual([undefined, undefined, undefined]);
  expect(world.words("s")).toEqual([]);
});

test("STATE-20: a hub that has just started, and does not know of the others yet, forgets nothing", () => {
  const world = three();
  world.add("b", "s", "p");
  world.spread();
  world.island.add("a");
  world.remove("a", "s");
  world.run(1_000);
  world.restart("a", "kept");
  for (const id of ["b", "c"]) world.stands(id, "unknown");
  world.run(10 * MINUTE, 10_000);
  expect(world.words("s").filter(({ origin }) => origin === "a")).toHaveLength(1);
  world.island.clear();
  for (const id of ["b", "c"]) world.stands(id, "alive");
  world.run(5 * MINUTE);
  expect(world.values("s")).toEqual([undefined, undefined, undefined]);
  expect(world.words("s")).toEqual([]);
});

test("STATE-20: a key that is written again while it is being forgotten stays", () => {
  for (let at = 0; at <= 90_000; at += 3_000) {
    const world = three();
    world.add("a", "s", "p");
    world.spread();
    world.remove("b", "s");
    world.run(at);
    world.add("c", "s", "q");
    world.run(5 * MINUTE);
    expect(world.values("s")).toEqual([["q"], ["q"], ["q"]]);
  }
});

test("STATE-21: a hub that comes back after everything has forgotten it discards its words and takes those of the others", () => {
  const world = three();
  world.add("c", "s", "p");
  world.count("c", "n", 5);
  world.spread();
  world.island.add("c");
  world.stands("c", "failed");
  world.run(2 * MINUTE);
  world.remove("a", "s");
  world.stands("c", "unknown");
  world.collect("c");
  world.run(5 * MINUTE);
  expect(world.words("s").filter(({ origin }) => origin !== "c")).toEqual([]);
  world.island.clear();
  world.restart("c", "kept", true);
  world.stands("c", "alive");
  world.run(5 * MINUTE);
  expect(world.values("s")).toEqual([undefined, undefined, undefined]);
  expect(world.values("n")).toEqual([5, 5, 5]);
});

test("STATE-21: a hub that was alone for that long while it ran does the same", () => {
  const world = three();
  world.add("c", "s", "p");
  world.run(1_000);
  const alone = world.node("c").state;
  const tick = (): void => alone.tick(world.now, { log: () => {} } as never);
  for (const id of ["a", "b"]) world.stands(id, "failed");
  tick();
  world.now += 25 * 60 * MINUTE;
  expect(alone.read("s")?.value).toEqual(["p"]);
  for (const id of ["a", "b"]) world.stands(id, "alive");
  tick();
  expect(alone.read("s")).toBeUndefined();
});
