import { expect, test } from "vitest";
import { nearestFirst, widestFirst } from "./nearest.ts";

const at = (latitude: number, longitude: number) => ({ latitude, longitude });

test("local hubs are asked first, the nearest of them before the others; the global hub is the last resort", () => {
  const hubs = [
    { id: "global", tier: "global", coordinates: at(40.71, -74.01) },
    { id: "regional", tier: "regional", coordinates: at(40.71, -74.01) },
    { id: "miami", tier: "local", coordinates: at(25.76, -80.19) },
    { id: "toronto", tier: "local", coordinates: at(43.65, -79.38) },
  ] as const;
  expect(nearestFirst(hubs, at(40.71, -74.01))).toEqual(["toronto", "miami", "regional", "global"]);
  expect(nearestFirst(hubs, at(18.47, -69.9))).toEqual(["miami", "toronto", "regional", "global"]);
});

test("equal distances are settled by id, so that every edge asks alike", () => {
  const hubs = ["c", "a", "b"].map((id) => ({ id, tier: "local" as const, coordinates: at(0, 0) }));
  expect(nearestFirst(hubs, at(10, 10))).toEqual(["a", "b", "c"]);
});

test("about hubs elsewhere the hubs that see most are asked first", () => {
  const hubs = (["local", "global", "regional"] as const).map((tier) => ({ id: tier, tier, coordinates: at(0, 0) }));
  expect(widestFirst(hubs)).toEqual(["global", "regional", "local"]);
});
