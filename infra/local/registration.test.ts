import { expect, test } from "vitest";
import type { FederationCluster } from "../../hub-core/config/index.ts";
import { arrivalMs, loadOf, registration } from "./registration.ts";

const service = { name: "checkout", version: "1.0.0", tags: [], weight: 100, capacity: 200 };
const cluster: FederationCluster = {
  id: "nairobi",
  region: "af-south",
  coordinates: { latitude: -1.29, longitude: 36.82 },
  services: [service, { ...service, name: "search", version: null, capacity: null }],
  namespace: null,
  jurisdiction: null,
};

test("a registration says what the file says, and leaves out what it does not", () => {
  expect(registration(cluster, "http://127.0.0.1:9/c/nairobi")).toEqual({
    cluster_id: "nairobi",
    region: "af-south",
    coordinates: { latitude: -1.29, longitude: 36.82 },
    endpoints: [{ url: "http://127.0.0.1:9/c/nairobi" }],
    services: [
      { name: "checkout", version: "1.0.0", weight: 100, capacity: 200 },
      { name: "search", weight: 100 },
    ],
    health_check: { url: "http://127.0.0.1:9/c/nairobi/health", interval_ms: 2_000, timeout_ms: 2_000 },
  });
});

test("the clusters of a region arrive one after the other, the first at once and all within a second", () => {
  const arrivals = Array.from({ length: 12 }, (_, i) => arrivalMs(i, 12));
  expect(arrivals[0]).toBe(0);
  expect(new Set(arrivals).size).toBe(12);
  expect(Math.max(...arrivals)).toBeLessThan(1_000);
});

test("load is what is in flight, of what the services can carry, and never more than all", () => {
  expect(loadOf(cluster, 50)).toBe(0.25);
  expect(loadOf(cluster, 1_000)).toBe(1);
  expect(loadOf({ ...cluster, services: [] }, 5)).toBe(0);
});
