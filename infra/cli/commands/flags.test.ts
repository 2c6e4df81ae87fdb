import { expect, test } from "vitest";
import { service } from "./register.ts";
import { query } from "./route.ts";
import { duration } from "./token.ts";

test("a service is a name, with a version and a capacity where they are given", () => {
  expect(service("checkout")).toEqual({ name: "checkout" });
  expect(service("checkout@2.4.0")).toEqual({ name: "checkout", version: "2.4.0" });
  expect(service("checkout@2.4.0:200")).toEqual({ name: "checkout", version: "2.4.0", capacity: 200 });
  expect(() => service("@2.4.0")).toThrow("--service @2.4.0");
});

test("a time is a number and a unit", () => {
  expect([duration("90s"), duration("30m"), duration("12h"), duration("7d")]).toEqual([
    90_000, 1_800_000, 43_200_000, 604_800_000,
  ]);
  for (const wrong of ["", "12", "0h", "-1h", "1w"]) expect(() => duration(wrong)).toThrow("--expires-in");
});

test("a route's question carries what was said, and no more", () => {
  expect(query({ service: "checkout", from: "São Paulo", explain: true }).toString()).toBe(
    "service=checkout&from=S%C3%A3o+Paulo&explain=1",
  );
});
