import { expect, test } from "vitest";
import type { Outbox } from "../common/outbox.ts";
import type { HubIdentity } from "../common/types.ts";
import { MAX_NEWS, type MemberUpdate } from "../wire/membership-messages.ts";
import type { Message } from "../wire/messages.ts";
import { COALESCE_MS, MAX_QUEUED, News, REPEATED_FOR_MS } from "./news.ts";

function recorder(): Outbox & { readonly sent: { to: string; message: Message }[] } {
  const sent: { to: string; message: Message }[] = [];
  return {
    sent,
    send: (to, message) => sent.push({ to, message }) > 0,
    connected: () => true,
    dial: () => true,
    persist: () => undefined,
    check: () => undefined,
    notify: () => undefined,
    log: () => undefined,
  };
}

function hub(hubId: string): HubIdentity {
  const coordinates = { latitude: 0, longitude: 0 };
  return { hubId, tier: "local", region: "us-east", coordinates, parent: "p", address: `https://${hubId}.example` };
}

const alive = (hubId: string, incarnation = 1): MemberUpdate => ({
  kind: "alive",
  hub: hub(hubId),
  incarnation,
  instance: 1,
  joining: false,
  coordinate: null,
  standsIn: null,
});
const failed = (hubId: string): MemberUpdate => ({ kind: "failed", hubId, incarnation: 1 });
const suspect = (hubId: string, from: string): MemberUpdate => ({
  kind: "suspect",
  hubId,
  incarnation: 1,
  from,
  evidence: "silence",
  silentMs: 0,
});

test("SWIM-8: news goes at once to everyone but the one who told it", () => {
  const news = new News("me", 4);
  const out = recorder();
  news.announce(failed("x"), 0, "b", 0);
  news.flush(["a", "b", "c"], 0, out);
  expect(out.sent.map(({ to }) => to)).toEqual(["a", "c"]);
});

test("SWIM-8: what follows at once shares a frame", () => {
  const news = new News("me", 4);
  const out = recorder();
  news.announce(failed("x"), 0, null, 0);
  news.flush(["a"], 0, out);
  for (const id of ["y", "z"]) news.announce(failed(id), 0, null, 1);
  news.flush(["a"], 1, out);
  expect(out.sent).toHaveLength(1);
  expect(news.nextDeadline()).toBe(COALESCE_MS);
  news.flush(["a"], COALESCE_MS, out);
  expect(out.sent).toHaveLength(2);
});

test("SWIM-8: an item is sent at most λ·log₁₀(n+1) times", () => {
  const news = new News("me", 4);
  news.announce(failed("x"), 0, null, 0);
  news.flush([], 0, recorder());
  let sent = 1;
  for (let i = 0; i < 100; i++) sent += news.piggyback(99, 1).length;
  expect(sent).toBe(8);
  expect(news.size).toBe(0);
});

test("SWIM-8: old news stops riding on probes", () => {
  const news = new News("me", 4);
  news.announce(failed("x"), 0, null, 0);
  news.flush([], 0, recorder());
  expect(news.piggyback(99, REPEATED_FOR_MS + 1)).toEqual([]);
});

test("SWIM-8: the newest state of a member replaces what was queued about it", () => {
  const news = new News("me", 4);
  news.announce(suspect("x", "a"), 0, null, 0);
  news.announce(suspect("x", "b"), 0, null, 0);
  expect(news.size).toBe(2);
  news.announce(alive("x", 2), 0, null, 0);
  expect(news.size).toBe(1);
});

test("SWIM-8: the queue is bounded, and the least urgent makes room", () => {
  const news = new News("me", 4);
  news.announce(failed("dead"), 0, null, 0);
  for (let i = 0; i < MAX_QUEUED + 50; i++) news.announce(alive(`hub-${i}`), 0, null, 0);
  expect(news.size).toBe(MAX_QUEUED);
  expect(news.dropped).toBe(51);
  const out = recorder();
  news.flush(["a"], 0, out);
  const updates = out.sent.flatMap(({ message }) => (message.kind === "news" ? message.updates : []));
  expect(updates[0]).toEqual(failed("dead"));
  for (const { message } of out.sent)
    if (message.kind === "news") expect(message.updates.length).toBeLessThanOrEqual(MAX_NEWS);
});

test("SWIM-8: a suspicion tells how long the suspect is silent now, not when it was queued", () => {
  const news = new News("me", 4);
  const out = recorder();
  news.announce(suspect("x", "a"), 100, null, 400);
  news.flush(["b"], 700, out);
  const [first] = out.sent;
  if (first?.message.kind !== "news") throw new Error("no news was sent");
  expect(first.message.updates[0]).toMatchObject({ silentMs: 600 });
});
