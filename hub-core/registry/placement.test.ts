import { expect, test } from "vitest";
import type { HubView } from "../common/catalog-view.ts";
import type { Coordinates } from "../common/types.ts";
import { coordinates } from "../wire/catalog.ts";
import { decode, encode } from "../wire/codec.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { hasRoom, nearestFirst, nearestTo, placementCost, TIER_PENALTY_MS } from "./placement.ts";
import { hub } from "./planet.test-helper.ts";
import { hubRecord } from "./records.test-helper.ts";

const view = (id: string, tier: HubView["tier"], latitude: number, more: Partial<HubView> = {}): HubView => {
  return { ...hub(id, tier, "r", "p", latitude), state: "alive", incarnation: 1, record: hubRecord(), ...more };
};
const HERE = { latitude: 0, longitude: 0 };

test("REG-28: the nearest comes first, and a tier above local counts as 25 ms", () => {
  const hubs = [view("g", "global", 0), view("far", "local", 10), view("near", "local", 1), view("r", "regional", 1)];
  expect(nearestFirst(hubs, HERE).map(({ hubId }) => hubId)).toEqual(["near", "far", "r", "g"]);
  expect(placementCost(view("g", "global", 0), HERE)).toBe(2 * TIER_PENALTY_MS);
});

test("REG-28: equal distances are settled by id, whatever order they come in", () => {
  const hubs = [view("b", "local", 1), view("a", "local", 1)];
  expect(nearestFirst(hubs, HERE)[0]?.hubId).toBe("a");
  expect(nearestFirst([...hubs].reverse(), HERE)[0]?.hubId).toBe("a");
  expect(nearestTo(HERE, hubs)?.hubId).toBe("a");
  expect(nearestTo(HERE, [...hubs].reverse())?.hubId).toBe("a");
  expect(nearestTo(HERE, [])).toBeUndefined();
});

test("REG-28: two hubs at one place agree which is nearer, though each knows its own coordinates more exactly", () => {
  const at = (id: string, coordinates: Coordinates) => view(id, "regional", 0, { coordinates });
  const ashburn = { latitude: 39, longitude: -77.5 };
  for (let i = 0; i < 2_000; i++) {
    const exact = { latitude: 40.12345678 + i / 1e7, longitude: -74.0059728 };
    const told = decode(coordinates, encode(coordinates, exact, NEWEST_VERSION), NEWEST_VERSION) as Coordinates;
    for (const hubs of [
      [at("a", exact), at("b", told)],
      [at("a", told), at("b", exact)],
    ]) {
      expect(nearestTo(ashburn, hubs)?.hubId).toBe("a");
      expect(nearestFirst(hubs, ashburn)[0]?.hubId).toBe("a");
    }
  }
});

test("REG-28: a hub that is full, draining, suspect, or of which nothing is known has no room", () => {
  expect(hasRoom(view("a", "local", 0))).toBe(true);
  expect(hasRoom(view("a", "local", 0, { record: hubRecord({ clusters: 99 }) }))).toBe(true);
  expect(hasRoom(view("a", "local", 0, { record: hubRecord({ clusters: 99 }) }), 1)).toBe(false);
  expect(hasRoom(view("a", "local", 0, { record: hubRecord({ draining: true }) }))).toBe(false);
  expect(hasRoom(view("a", "local", 0, { state: "suspect" }))).toBe(false);
  expect(hasRoom(view("a", "local", 0, { record: null }))).toBe(false);
});
