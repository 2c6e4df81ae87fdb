import { expect, test } from "vitest";
import { outcomeOf } from "./http-outcome.ts";
import type { Operation } from "./operation.ts";

const entry = { key: "a", value: 5, version: 3, revision: 9, group: "global" };

test.each<[Operation["kind"], number, unknown, Operation["outcome"]]>([
  ["read", 200, { ...entry, consistency: "linearizable" }, { kind: "found", value: 5, version: 3 }],
  ["read", 404, { code: "key_unknown" }, { kind: "absent" }],
  ["write", 200, entry, { kind: "written", version: 3, revision: 9, created: false }],
  ["write", 201, entry, { kind: "written", version: 3, revision: 9, created: true }],
  ["write", 429, { code: "rate_limited" }, { kind: "refused", code: "rate_limited" }],
  ["write", 404, { code: "hub_unknown" }, { kind: "refused", code: "hub_unknown" }],
  ["cas", 412, { code: "version_mismatch", version: 4 }, { kind: "mismatch", seen: 4 }],
  ["cas", 412, { code: "version_mismatch", version: null }, { kind: "mismatch", seen: "absent" }],
  ["cas", 412, { code: "version_mismatch" }, { kind: "mismatch", seen: null }],
  ["cas", 503, { code: "no_quorum" }, { kind: "refused", code: "no_quorum" }],
  ["write", 504, { code: "outcome_unknown" }, { kind: "unknown" }],
  ["write", 503, { code: "hub_away" }, { kind: "unknown" }],
  ["delete", 200, { key: "a", revision: 9 }, { kind: "deleted", revision: 9 }],
  ["delete", 404, { code: "key_unknown" }, { kind: "absent" }],
])("%s answered with %d %j", (kind, status, body, outcome) => {
  expect(outcomeOf(kind, { status, body })).toEqual(outcome);
});

test("an answer that the API does not promise is no outcome", () => {
  expect(() => outcomeOf("write", { status: 412, body: { code: "version_mismatch" } })).toThrow("precondition");
  expect(() => outcomeOf("write", { status: 200, body: { key: "a" } })).toThrow();
  expect(() => outcomeOf("read", { status: 500, body: "oops" })).toThrow();
});
