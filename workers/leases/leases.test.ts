import { expect, test } from "vitest";
import { answered } from "../../hub-core/common/problem.ts";
import { edgeWorld } from "../edge-world.test-helper.ts";

const world = edgeWorld();
const lease = { lease_id: "L1", ttl_ms: 5_000, expires_at: "2026-01-01T00:00:05.000Z", group: "global" };

test("a lease is granted, looked at, renewed and ended by the group of its scope", async () => {
  world.says = () => answered(lease);
  const sent = [
    await world.send("/api/leases", {
      method: "POST",
      json: { ttl_ms: 5_000 },
      headers: { "idempotency-key": "once" },
    }),
    await world.send("/api/leases", { method: "POST", json: { ttl_ms: 5_000, scope: "region:eu-west" } }),
    await world.send("/api/leases/L1", { role: "viewer" }),
    await world.send("/api/leases/L1?scope=region:us-east", { method: "PUT" }),
    await world.send("/api/leases/L1", { method: "DELETE" }),
  ];
  expect(sent.map(({ status }) => status)).toEqual([201, 201, 200, 200, 204]);
  expect(world.asked.map(({ hub, question }) => [hub, question])).toEqual([
    ["regional-us", { kind: "lease-grant", group: "global", ttlMs: 5_000, idempotencyKey: "once" }],
    ["regional-eu", { kind: "lease-grant", group: "eu-west", ttlMs: 5_000, idempotencyKey: expect.any(String) }],
    ["regional-us", { kind: "lease-get", group: "global", lease: "L1" }],
    ["regional-us", { kind: "lease-renew", group: "us-east", lease: "L1" }],
    ["regional-us", { kind: "lease-revoke", group: "global", lease: "L1" }],
  ]);
});

test.each([[{}], [{ ttl_ms: 0 }], [{ ttl_ms: "5s" }], [{ ttl_ms: 5_000, scope: "mars" }], [{ ttl_ms: 5_000, x: 1 }]])(
  "no lease is granted for %j",
  async (json) => {
    expect((await world.send("/api/leases", { method: "POST", json })).status).toBe(400);
    expect(world.asked).toEqual([]);
  },
);

test("leases are written by operators", async () => {
  const post = { method: "POST", json: { ttl_ms: 5_000 }, role: "viewer" } as const;
  expect((await world.send("/api/leases", post)).status).toBe(403);
  expect((await world.send("/api/leases/L1", { method: "PUT", role: "viewer" })).status).toBe(403);
  expect((await world.send("/api/leases/L1", { method: "DELETE", role: "viewer" })).status).toBe(403);
});
