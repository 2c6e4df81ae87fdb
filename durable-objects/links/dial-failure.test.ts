import { expect, test } from "vitest";
import { failureOfError, failureOfStatus } from "./dial-failure.ts";

test.each([
  [401, "unauthorized"],
  [403, "unauthorized"],
  [404, "refused"],
  [429, "refused"],
  [500, "refused"],
  [503, "refused"],
  [502, "unreachable"],
  [504, "timeout"],
  [522, "timeout"],
  [523, "unreachable"],
  [530, "unreachable"],
  [200, "refused"],
] as const)("a dial answered with %i is %s", (status, reason) => {
  expect(failureOfStatus(status)).toBe(reason);
});

test.each([
  [new DOMException("The operation was aborted", "AbortError"), "timeout"],
  [new DOMException("timed out", "TimeoutError"), "timeout"],
  [new Error("connect(): Connection refused"), "refused"],
  [new Error("Network connection lost."), "unreachable"],
  ["not even an error", "unreachable"],
] as const)("a dial that failed with %s is %s", (error, reason) => {
  expect(failureOfError(error)).toBe(reason);
});
