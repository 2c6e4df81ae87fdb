import { expect, test } from "vitest";
import { clientPosition } from "./client-position.ts";
import { coordinatesOf, networkPosition } from "./network-position.ts";
import { type PlaceFinder, withFederation } from "./place.ts";

const NAIROBI = { latitude: -1.29, longitude: 36.82 };
const world: PlaceFinder = (query) =>
  query.toLowerCase() === "nairobi"
    ? { ok: true, name: "Nairobi", coordinates: NAIROBI }
    : { ok: false, suggestions: ["Nairobi"] };
const region = { id: "us-east", coordinates: { latitude: 39, longitude: -77.5 } };
const fromRegion = { ...region.coordinates, source: "region", place: "us-east" } as const;

test("coordinates in the query come first, then the named place, then what the network says", () => {
  const both = { lat: 1, lon: 2, from: "nairobi" };
  expect(clientPosition(both, fromRegion, world)).toMatchObject({
    position: { latitude: 1, longitude: 2, source: "query" },
  });
  expect(clientPosition({ from: "nairobi" }, fromRegion, world)).toMatchObject({
    position: { ...NAIROBI, source: "place" },
  });
  expect(clientPosition({}, fromRegion, world)).toMatchObject({ position: fromRegion });
});

test("an unknown place is refused with suggestions", () => {
  expect(clientPosition({ from: "nairobbi" }, fromRegion, world)).toMatchObject({
    ok: false,
    problem: { status: 400, code: "place_unknown", extra: { suggestions: ["Nairobi"] } },
  });
});

test("the network's own position comes before its time zone, and that before the region", () => {
  const cf = { latitude: "48.85", longitude: "2.35", timezone: "Africa/Nairobi" };
  expect(networkPosition({ cf, forwarded: null, region }, world)).toMatchObject({ latitude: 48.85, source: "request" });
  const zone = { timezone: "Africa/Nairobi" };
  expect(networkPosition({ cf: zone, forwarded: null, region }, world)).toMatchObject({
    ...NAIROBI,
    source: "timezone",
  });
  for (const timezone of ["Etc/UTC", "UTC", "Nowhere/Nonesuch", 7]) {
    expect(networkPosition({ cf: { timezone }, forwarded: null, region }, world)).toEqual(fromRegion);
  }
});

test("what the first edge saw is kept when a request is handed on, unless it is nonsense", () => {
  const cf = { latitude: "48.85", longitude: "2.35" };
  expect(networkPosition({ cf, forwarded: NAIROBI, region }, world)).toMatchObject({
    ...NAIROBI,
    source: "request",
  });
  expect(networkPosition({ cf, forwarded: { latitude: 91, longitude: 0 }, region }, world)).toMatchObject({
    latitude: 48.85,
  });
});

test("hubs and regions are places by their ids, whatever the case", () => {
  const find = withFederation(
    { hubs: [], regions: [{ ...region, locationHint: null, jurisdiction: null, url: null }] },
    world,
  );
  expect(find("US-East")).toMatchObject({ ok: true, name: "us-east" });
  expect(find("Nairobi")).toMatchObject({ ok: true, name: "Nairobi" });
});

test.each([
  [91, 0],
  [0, 181],
  ["", ""],
  ["1", undefined],
  [Number.NaN, 0],
  ["1e999", "0"],
])("%s, %s is nowhere on the globe", (latitude, longitude) => {
  expect(coordinatesOf(latitude, longitude)).toBeNull();
});
