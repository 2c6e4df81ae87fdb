import { expect, test } from "vitest";
import { detectionBound } from "../bounds.ts";
import type { Insight } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";
import { talkers } from "../talker-machine.test-helper.ts";
import { flatGroup } from "../topology.ts";
import { World } from "../world.ts";
import { deadIsDetected } from "./dead-is-detected.ts";

function stage() {
  const world = new World({ seed: 1, topology: flatGroup(2, "responsive"), kind: talkers });
  const [observer, subject] = world.hubs as [SimHub, SimHub];
  for (const hub of world.hubs) world.start(hub);
  const invariant = deadIsDetected();
  const seeing = (incarnation: number): Insight => {
    const view = { incarnation: 1, others: [{ hubId: subject.id, state: "alive", incarnation }] };
    return { groups: new Map([["us-east", view]]) } as unknown as Insight;
  };
  return {
    die: () => world.kill(subject, "silent"),
    pass: (bounds: number) => world.run(bounds * detectionBound(observer.config)),
    learn: (incarnation: number) => invariant.onMembers?.(observer, seeing(incarnation), world as never),
    judge: (incarnation: number) => () => invariant.onSample?.(observer, seeing(incarnation), world as never),
  };
}

test("a dead hub that was known has to be failed within the bound after its death", () => {
  const { die, pass, learn, judge } = stage();
  learn(1);
  die();
  pass(0.9);
  judge(1)();
  pass(0.2);
  expect(judge(1)).toThrow(/still alive/);
});

test("of a death that it could not know of, a hub has the bound from when it learned of the dead, once per incarnation", () => {
  const { die, pass, learn, judge } = stage();
  die();
  pass(3);
  learn(1);
  pass(0.6);
  learn(1);
  judge(1)();
  learn(2);
  pass(0.6);
  judge(2)();
  learn(1);
  pass(0.6);
  expect(judge(2)).toThrow(/still alive/);
});
