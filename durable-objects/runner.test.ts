import { expect, test } from "vitest";
import { answered } from "../hub-core/common/problem.ts";
import type { Effect, HubEvent } from "../hub-core/hub/contract.ts";
import { Runner, type World } from "./runner.ts";

const PERSIST: Effect = { kind: "persist", write: { table: "record", key: "hub", bytes: Uint8Array.of(1) } };
const SEND: Effect = { kind: "send", link: 1, bytes: Uint8Array.of(2) };
const REPLY: Effect = { kind: "reply", id: "r", reply: answered({}) };
const TIMER: Effect = { kind: "set-timer", timer: "hub", at: 5, token: 1 };

function fixture(steps: Effect[][], world: Partial<World> = {}) {
  const done: string[] = [];
  const seen: HubEvent["kind"][] = [];
  const runner = new Runner(
    {
      step: (event) => {
        seen.push(event.kind);
        return steps.shift() ?? [];
      },
    },
    {
      now: () => 0,
      persist: (writes) => done.push(`persist ${writes.length}`),
      send: (link) => done.push(`send ${link}`),
      openLink: ({ hubId }) => done.push(`open ${hubId}`),
      closeLink: (link) => done.push(`close ${link}`),
      setTimer: (timer) => done.push(`timer ${timer}`),
      timersSet: () => done.push("timers set"),
      check: ({ clusterId }) => done.push(`check ${clusterId}`),
      reply: (id) => done.push(`reply ${id}`),
      log: (_, event) => done.push(`log ${event}`),
      crash: (cause) => done.push(`crash ${String(cause)}`),
      ...world,
    },
  );
  return { runner, done, seen };
}

test("all writes of a step go in one transaction, before anything leaves", () => {
  const { runner, done } = fixture([[SEND, PERSIST, REPLY, TIMER, PERSIST]]);
  runner.feed({ kind: "start" });
  expect(done).toEqual(["persist 2", "send 1", "reply r", "timer hub", "timers set"]);
});

test("an event raised by an effect waits until its step is carried out", () => {
  const raised: (() => void)[] = [];
  const { runner, done, seen } = fixture([[SEND, REPLY], []], { send: () => raised[0]?.() });
  raised.push(() => runner.feed({ kind: "link-closed", link: 1 }));
  runner.feed({ kind: "start" });
  expect(done).toEqual(["reply r"]);
  expect(seen).toEqual(["start", "link-closed"]);
});

test("when a write fails nothing of the step leaves, the run ends, and no further event is taken", () => {
  const persist = () => {
    throw new Error("disk full");
  };
  const { runner, done, seen } = fixture([[PERSIST, SEND, REPLY], [SEND]], { persist });
  runner.feed({ kind: "start" });
  runner.feed({ kind: "link-closed", link: 1 });
  expect(done).toEqual(["crash Error: disk full"]);
  expect(seen).toEqual(["start"]);
});
