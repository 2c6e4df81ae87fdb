import { expect, test } from "vitest";
import { allPlaces, findPlace, folded, suggestPlace } from "./places.ts";

test("CONFIG-18: a place is found by city, airport and cloud region, whatever the case and accents", () => {
  for (const [query, name, matched] of [
    ["Nairobi", "Nairobi", "city"],
    ["nbo", "Nairobi", "airport"],
    ["sao paulo", "São Paulo", "city"],
    ["SÃO-PAULO", "São Paulo", "city"],
    ["us-east-1", "Ashburn", "cloud-region"],
    ["eastus2", "Boydton", "cloud-region"],
    ["asia-northeast1", "Tokyo", "cloud-region"],
    ["  Bangalore ", "Bengaluru", "city"],
  ] as const) {
    expect(findPlace(query)).toMatchObject({ name, matched });
  }
});

test("CONFIG-18: what is unknown finds nothing, and a slip gets a suggestion", () => {
  expect(findPlace("Atlantis")).toBeUndefined();
  expect(findPlace("")).toBeUndefined();
  expect(findPlace("x".repeat(1_000_000))).toBeUndefined();
  expect(suggestPlace("Nairobbi")).toBe("Nairobi");
});

test("every place is on the globe, has its own name, and is found by it", () => {
  const places = allPlaces();
  expect(places.length).toBeGreaterThan(200);
  expect(new Set(places.map((place) => folded(place.name))).size).toBe(places.length);
  for (const place of places) {
    expect(Math.abs(place.coordinates.latitude)).toBeLessThanOrEqual(90);
    expect(Math.abs(place.coordinates.longitude)).toBeLessThanOrEqual(180);
    expect(place.country).toMatch(/^[A-Z]{2}$/);
    expect(findPlace(place.name)?.coordinates).toEqual(place.coordinates);
  }
});
