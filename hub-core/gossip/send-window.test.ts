import fc from "fast-check";
import { expect, test } from "vitest";
import { ReceiveWindow } from "./receive-window.ts";
import { SendWindow } from "./send-window.ts";

function send(window: SendWindow, bytes: number): number {
  const number = window.nextNumber();
  window.sending(number, bytes, [`rumor-${number}`], number);
  return number;
}

test("GOSSIP-13: each class of traffic stops at its own share of the limit", () => {
  const window = new SendWindow(800);
  const admitted = (): string[] =>
    (["urgent", "normal", "bulk", "range"] as const).filter((each) => window.admits(each));
  expect(admitted()).toEqual(["urgent", "normal", "bulk", "range"]);
  send(window, 400);
  expect(admitted()).toEqual(["urgent", "normal", "bulk"]);
  send(window, 200);
  expect(admitted()).toEqual(["urgent", "normal"]);
  send(window, 100);
  expect(admitted()).toEqual(["urgent"]);
  send(window, 100);
  expect(admitted()).toEqual([]);
});

test("GOSSIP-14: an acknowledgement frees everything up to its number and confirms what its mask names", () => {
  const sender = new SendWindow(1_000);
  const receiver = new ReceiveWindow();
  for (let i = 0; i < 5; i++) send(sender, 10);
  for (const number of [1, 3, 4]) receiver.arrived(number);
  expect(sender.acknowledged(receiver.ack)).toEqual(["rumor-1", "rumor-3", "rumor-4"]);
  expect(sender.inFlightBytes).toBe(10);
});

test("GOSSIP-14: a sender that asks learns which of its last messages were lost", () => {
  const sender = new SendWindow(1_000);
  const receiver = new ReceiveWindow();
  for (let i = 0; i < 3; i++) send(sender, 10);
  receiver.arrived(1);
  receiver.sent(3);
  expect(sender.acknowledged(receiver.ack)).toEqual(["rumor-1"]);
  expect(sender.inFlightBytes).toBe(0);
});

test("GOSSIP-14: an acknowledgement of what was never sent frees nothing", () => {
  const sender = new SendWindow(1_000);
  send(sender, 10);
  expect(sender.acknowledged({ upTo: 9, mask: 0xffffffff })).toEqual([]);
  expect(sender.inFlightBytes).toBe(10);
});

test("GOSSIP-14: over any order and loss, only what arrived is confirmed, and in-flight bytes are never negative", () => {
  const script = fc.array(
    fc.record({ arrives: fc.boolean(), late: fc.integer({ min: 0, max: 40 }), ack: fc.boolean() }),
    {
      maxLength: 120,
    },
  );
  fc.assert(
    fc.property(script, (steps) => {
      const sender = new SendWindow(1_000_000);
      const receiver = new ReceiveWindow();
      const arrived = new Set<string>();
      const underway: { at: number; number: number }[] = [];
      steps.forEach((step, at) => {
        const number = send(sender, 7);
        if (step.arrives) underway.push({ at: at + step.late, number });
        for (const each of underway.filter((message) => message.at === at)) {
          receiver.arrived(each.number);
          arrived.add(`rumor-${each.number}`);
        }
        if (step.ack) for (const rumor of sender.acknowledged(receiver.ack)) expect(arrived.has(rumor)).toBe(true);
        expect(sender.inFlightBytes).toBeGreaterThanOrEqual(0);
      });
      receiver.sent(sender.lastNumber);
      sender.acknowledged(receiver.ack);
      expect(sender.inFlightBytes).toBe(0);
    }),
  );
});
