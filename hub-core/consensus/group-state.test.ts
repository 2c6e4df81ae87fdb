import { expect, test } from "vitest";
import { del, freshState, Log, propose, put, valueOf, vote } from "./group-state.test-helper.ts";

test("smoke", () => {
  const log = new Log();
  expect(valueOf(log.run(put("k", { a: 1 })))).toMatchObject({ key: "k", version: 1, revision: 1, group: "global" });
  expect(log.run({ kind: "lease-grant", lease: "l", ttlMs: 5_000 })).toMatchObject({ status: 201 });
  log.run(put("m", 1, { lease: "l" }));
  log.run(propose("p"));
  log.run(vote("p", "a", "yes"), { hub: "a" });
  log.run(vote("p", "b", "yes"), { hub: "b" });
  expect(valueOf(log.state.proposal("p"))).toMatchObject({ state: "committed" });
  log.later(6_000).run(del("k"));
  const other = freshState();
  other.restore(log.state.encode());
  expect(other.encode()).toEqual(log.state.encode());
  expect(other.hash).toBe(log.state.hash);
  expect(valueOf(other.keyValues.changes({ prefix: "", since: 0 }))).toMatchObject({ revision: 5 });
});
