import { expect, test } from "vitest";
import { answered, refused } from "../../hub-core/common/problem.ts";
import type { HubStub } from "./hub-stub.ts";
import { Hubs } from "./hubs.ts";

type Behaviour = "answers" | "throws" | "hangs" | "has left" | "is behind" | "does not know yet";

function fixture(behaviours: Record<string, Behaviour>) {
  const asked: string[] = [];
  const stubOf = (hub: string): HubStub => ({
    ask: () => {
      asked.push(hub);
      switch (behaviours[hub]) {
        case "throws":
          return Promise.reject(new Error("the object was reset"));
        case "hangs":
          return new Promise(() => undefined);
        case "has left":
          return Promise.resolve(refused(503, "hub_left", "gone"));
        case "is behind":
          return Promise.resolve(answered({ from: hub, synced: false }));
        case "does not know yet":
          return Promise.resolve(refused(404, "service_unknown", "nobody offers it", { synced: false }));
        default:
          return Promise.resolve(answered({ from: hub }));
      }
    },
    askAll: () => Promise.reject(new Error("not asked for")),
    introduce: () => Promise.resolve(answered({})),
    fetch: () => Promise.reject(new Error("not asked for")),
  });
  return { hubs: new Hubs({ candidates: Object.keys(behaviours), stubOf, answerWithinMs: 20 }), asked };
}

test("the first hub that answers is the one that counts, and the others are left alone", async () => {
  const { hubs, asked } = fixture({ a: "answers", b: "answers" });
  expect(await hubs.ask({ kind: "health" })).toEqual({ hubId: "a", reply: answered({ from: "a" }) });
  expect(asked).toEqual(["a"]);
});

test("a hub that breaks or hangs is passed over for the next", async () => {
  const { hubs, asked } = fixture({ a: "throws", b: "hangs", c: "answers" });
  expect((await hubs.ask({ kind: "health" })).hubId).toBe("c");
  expect(asked).toEqual(["a", "b", "c"]);
});

test("a hub that has left is passed over for the next, and speaks for itself when it is the only one", async () => {
  expect((await fixture({ a: "has left", b: "answers" }).hubs.ask({ kind: "registry-status" })).hubId).toBe("b");
  const { reply } = await fixture({ a: "has left", b: "throws" }).hubs.ask({ kind: "registry-status" });
  expect(reply).toMatchObject({ problem: { status: 503, code: "hub_left" } });
});

test("a hub that is still catching up is passed over for one that has, and answers when there is no other", async () => {
  expect((await fixture({ a: "is behind", b: "answers" }).hubs.ask({ kind: "health" })).hubId).toBe("b");
  expect((await fixture({ a: "does not know yet", b: "answers" }).hubs.ask({ kind: "health" })).hubId).toBe("b");
  const { hubId, reply } = await fixture({ a: "has left", b: "is behind", c: "throws" }).hubs.ask({ kind: "health" });
  expect([hubId, reply.ok]).toEqual(["b", true]);
});

test("when none answers the refusal names them", async () => {
  const { hubs } = fixture({ a: "throws", b: "throws" });
  const { reply } = await hubs.ask({ kind: "health" });
  expect(reply).toMatchObject({
    ok: false,
    problem: { status: 503, code: "hub_unreachable", extra: { hubs: ["a", "b"] } },
  });
});

test("asking each leaves out those that do not answer", async () => {
  const { hubs } = fixture({ a: "answers", b: "throws", c: "answers" });
  expect((await hubs.askEach({ kind: "metrics" })).map(({ hubId }) => hubId)).toEqual(["a", "c"]);
});
