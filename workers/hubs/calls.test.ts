import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { answered, type Reply } from "../../hub-core/common/problem.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import { Calls, GATHER_MS, MAX_QUESTIONS } from "./calls.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const put = (key: string, group = "global"): HubRequest => ({ kind: "state-put", group, key, value: 1 });
const get = (consistency: "linearizable" | "stale"): HubRequest => {
  return { kind: "state-get", group: "global", key: "k", consistency };
};

/** Hubs that answer with the question; `calls` tells how many questions came with each call to which hub. */
function world() {
  const calls: [string, number][] = [];
  const kept: Promise<unknown>[] = [];
  const broken = new Set<string>();
  const answer = async (hub: string, questions: readonly HubRequest[]): Promise<Reply[]> => {
    calls.push([hub, questions.length]);
    if (broken.has(hub)) throw new Error("the object was reset");
    return questions.map((question) => answered({ question }));
  };
  const unasked = () => Promise.reject(new Error("not asked for"));
  const stubs = new Calls().through(
    (hub) => ({
      ask: async (question) => (await answer(hub, [question]))[0] as Reply,
      askAll: (questions) => answer(hub, questions),
      introduce: unasked,
      fetch: unasked,
    }),
    (call) => kept.push(call),
  );
  return { calls, kept, broken, ask: (hub: string, question: HubRequest) => stubs(hub).ask(question) };
}

test("who asks alone does not wait, not even when it asks again at once", async () => {
  const { ask, calls } = world();
  expect(await ask("a", put("k"))).toEqual(answered({ question: put("k") }));
  expect(await ask("a", put("l"))).toEqual(answered({ question: put("l") }));
  expect(calls).toEqual([
    ["a", 1],
    ["a", 1],
  ]);
});

test("those who ask while a call is under way go together in the next, and each has its own answer", async () => {
  const { ask, calls, kept } = world();
  const keys = ["first", "b", "c", "d"];
  const replies = Promise.all(keys.map((key) => ask("a", put(key))));
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(await replies).toEqual(keys.map((key) => answered({ question: put(key) })));
  expect(calls).toEqual([
    ["a", 1],
    ["a", 3],
  ]);
  expect(kept).toHaveLength(2);
});

test("a call takes so many and no more; the rest goes in another", async () => {
  const { ask, calls } = world();
  const keys = Array.from({ length: 2 * MAX_QUESTIONS + 3 }, (_, at) => `k${at}`);
  const replies = Promise.all(keys.map((key) => ask("a", put(key))));
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect(await replies).toEqual(keys.map((key) => answered({ question: put(key) })));
  expect(calls.map(([, questions]) => questions)).toEqual([1, MAX_QUESTIONS, MAX_QUESTIONS, 2]);
});

test("hubs, groups, reads and writes do not wait for each other, and most questions go alone", async () => {
  const { ask, calls } = world();
  const health: HubRequest = { kind: "health" };
  const questions = [put("k"), put("k", "eu-west"), get("linearizable"), get("stale"), health, health];
  for (const question of questions) expect(await ask("a", question)).toEqual(answered({ question }));
  expect(await ask("b", put("k"))).toEqual(answered({ question: put("k") }));
  expect(calls).toHaveLength(7);
});

test("a hub that breaks breaks for all who asked with that call, and for none after it", async () => {
  const { ask, broken, kept } = world();
  broken.add("a");
  const asked = ["k", "l", "m"].map((key) => ask("a", put(key)));
  const ends = Promise.allSettled(asked);
  await vi.advanceTimersByTimeAsync(GATHER_MS);
  expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  // The platform logs what it keeps and what rejects: that is told to those who asked, and to nobody else.
  await Promise.all(kept);
  broken.clear();
  vi.advanceTimersByTime(GATHER_MS);
  expect(await ask("a", put("n"))).toEqual(answered({ question: put("n") }));
});
