import { expect, test } from "vitest";
import { jsonFault, MAX_DEPTH } from "./json-value.ts";

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));

test("JSON is bounded in depth without being recursed into", () => {
  expect(jsonFault(nested(MAX_DEPTH), 1_000)).toBeNull();
  expect(jsonFault(nested(MAX_DEPTH + 1), 1_000)).toContain("deep");
  expect(jsonFault(nested(100_000), 1_000_000)).toContain("deep");
});

test("what a body's numbers are too large for is refused, and not kept as null", () => {
  expect(jsonFault(JSON.parse("1.7e308"), 1_000)).toBeNull();
  for (const text of ["1e400", '{"a":[-1e400]}']) expect(jsonFault(JSON.parse(text), 1_000)).toContain("1.8e308");
});

test("JSON is bounded in bytes, not characters", () => {
  expect(jsonFault("é".repeat(10), 22)).toBeNull();
  expect(jsonFault("é".repeat(11), 22)).toContain("24 bytes");
});
