import { expect, test } from "vitest";
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_KEYS } from "./limits.ts";
import { federation } from "./requests.test-helper.ts";

test("REG-30: a retry with the same key gets the first outcome, with another body it is refused", () => {
  const { world, ask, register } = federation();
  const first = register("r1-l1", "a", {}, { idempotencyKey: "k" });
  const published = world.node("r1-l1").published.length;
  expect(register("r1-l1", "a", {}, { idempotencyKey: "k", assigned: true })).toBe(first);
  expect(world.node("r1-l1").published.length).toBe(published);
  expect(register("r1-l1", "b", {}, { idempotencyKey: "k" })).toMatchObject({
    problem: { status: 422, code: "idempotency_key_reused" },
  });
  const remove = { kind: "cluster-remove", clusterId: "a", idempotencyKey: "d" } as const;
  expect(ask("r1-l1", remove)).toMatchObject({ status: 204 });
  expect(ask("r1-l1", remove)).toMatchObject({ status: 204 });
});

test("REG-30: a removal that comes again where nobody remembers the first try is done", () => {
  const { world, ask, register } = federation();
  register("r1-l1", "a", {}, { assigned: true });
  world.run(1_000);
  const remove = { kind: "cluster-remove", clusterId: "a", idempotencyKey: "k" } as const;
  expect(ask("r2-l1", remove)).toMatchObject({ problem: { code: "redirect", extra: { hub_id: "r1-l1" } } });
  expect(ask("r1-l1", { ...remove, assigned: true, redirects: 1 })).toMatchObject({ status: 204 });
  world.run(1_000);
  expect(ask("r2-l1", remove)).toMatchObject({ problem: { code: "redirect", extra: { hub_id: "r1-l1" } } });
  for (const hub of ["g", "r1-l2"]) expect(ask(hub, remove)).toMatchObject({ ok: true, status: 204 });
  world.kill("r1-l1");
  world.run(5_000);
  expect(ask("r2-l1", remove)).toMatchObject({ ok: true, status: 204 });
  expect(ask("r1-l2", { kind: "cluster-remove", clusterId: "a" })).toMatchObject({ problem: { status: 404 } });
  expect(ask("r2-l1", { kind: "cluster-drain", clusterId: "a", idempotencyKey: "d" })).toMatchObject({
    problem: { status: 404 },
  });
});

test("REG-30: a retry is sent after the first try, and tried anew when it comes back or the hub is gone", () => {
  const { world, ask, register } = federation();
  register("r1-l1", "a", {}, { assigned: true });
  world.run(1_000);
  const drain = { kind: "cluster-drain", clusterId: "a", idempotencyKey: "k" } as const;
  const redirected = { problem: { code: "redirect", extra: { hub_id: "r1-l1" } } };
  expect(ask("r2-l1", drain)).toMatchObject(redirected);
  const first = ask("r1-l1", { ...drain, assigned: true, redirects: 1 });
  ask("r1-l1", { kind: "cluster-undrain", clusterId: "a" });
  expect(ask("r2-l1", drain)).toMatchObject(redirected);
  expect(ask("r1-l1", { ...drain, assigned: true, redirects: 1 })).toBe(first);
  expect(world.registry("r1-l1").catalog.cluster("a")?.record.state).toBe("passing");
  world.kill("r1-l1");
  world.run(10_000);
  expect(ask("r2-l1", drain)).toMatchObject({ problem: { code: "redirect", extra: { hub_id: "r1-l2" } } });
});

test("REG-30: a hub that a request is sent back to answers it, and the table keeps the newest", () => {
  const { world, ask, register, at } = federation();
  const write = { idempotencyKey: "k" };
  expect(register("r1-l1", "a", at(2, 41), write)).toMatchObject({ problem: { code: "redirect" } });
  expect(register("r1-l1", "a", at(2, 41), { ...write, assigned: true })).toMatchObject({ status: 201 });
  for (let i = 0; i < MAX_IDEMPOTENCY_KEYS; i++) {
    ask("r1-l1", { kind: "cluster-heartbeat", clusterId: "a", idempotencyKey: `h${i}` });
  }
  expect(world.registry("r1-l1").status().limits.idempotency_keys).toEqual({ used: 1_000, max: 1_000 });
  expect(world.node("r1-l1").outcomes.size).toBe(1_000);
  expect(register("r1-l1", "a", at(2, 41), write)).toMatchObject({ status: 200 });
});

test("REG-30: after a restart a retry is still one, and nothing is applied twice", () => {
  const { world, ask, register } = federation();
  const first = register("r1-l1", "a", {}, { idempotencyKey: "new" });
  const drained = ask("r1-l1", { kind: "cluster-drain", clusterId: "a", idempotencyKey: "drain" });
  ask("r1-l1", { kind: "cluster-undrain", clusterId: "a" });
  world.run(1_000);
  world.kill("r1-l1");
  world.start("r1-l1");
  world.run(1_000);
  expect(register("r1-l1", "a", {}, { idempotencyKey: "new" })).toEqual(first);
  expect(ask("r1-l1", { kind: "cluster-drain", clusterId: "a", idempotencyKey: "drain" })).toEqual(drained);
  expect(world.registry("r1-l1").catalog.cluster("a")?.record.state).toBe("passing");
  world.run(IDEMPOTENCY_TTL_MS);
  expect(register("r1-l1", "a", {}, { idempotencyKey: "new" })).toMatchObject({ status: 200 });
});

test("REG-76: who asks for a cluster where its registration was sent on is sent after it until the news has come", () => {
  const { world, ask, register, at } = federation();
  const redirected = { problem: { code: "redirect", extra: { hub_id: "r2-l2" } } };
  expect(register("r1-l1", "a", at(2, 41))).toMatchObject(redirected);
  register("r2-l2", "a", at(2, 41), { assigned: true, redirects: 1 });
  for (const kind of ["cluster-get", "cluster-heartbeat", "cluster-drain", "cluster-remove"] as const)
    expect(ask("r1-l1", { kind, clusterId: "a" })).toMatchObject(redirected);
  expect(ask("r1-l1", { kind: "cluster-remove", clusterId: "b" })).toMatchObject({ problem: { status: 404 } });
  world.run(1_000);
  expect(ask("r1-l1", { kind: "cluster-get", clusterId: "a" })).toMatchObject({ ok: true });
  ask("r2-l2", { kind: "cluster-remove", clusterId: "a" });
  world.run(1_000);
  expect(ask("r1-l1", { kind: "cluster-get", clusterId: "a" })).toMatchObject({ problem: { status: 404 } });
});
