import { expect, test } from "vitest";
import { methodsAt } from "./errors.ts";
import { problemBody } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

test("a problem has the members of RFC 9457 and the stable code, which what it carries beside cannot overwrite", () => {
  const body = problemBody({
    status: 507,
    code: "capacity_exhausted",
    detail: "full",
    extra: { limit: 100, code: "x", status: 1 },
  });
  expect(body).toEqual({
    type: "urn:mpreg:problem:capacity_exhausted",
    title: "Insufficient storage",
    status: 507,
    detail: "full",
    code: "capacity_exhausted",
    limit: 100,
  });
});

test("a path known under other methods says which", () => {
  const routes = [
    { method: "GET", path: "/api/clusters/:id" },
    { method: "DELETE", path: "/api/clusters/:id" },
    { method: "ALL", path: "/*" },
  ];
  expect(methodsAt(routes, "/api/clusters/c1")).toEqual(["DELETE", "GET", "HEAD"]);
  expect(methodsAt(routes, "/api/clusters/")).toEqual([]);
  expect(methodsAt(routes, "/api/clusters/c1/more")).toEqual([]);
});

test("a caller's request id is kept when it is sane and replaced when it is not", () => {
  expect(requestIdOf(new Headers({ "x-request-id": "trace-1.a:b" }))).toBe("trace-1.a:b");
  for (const bad of ["", "a b", "x".repeat(65), "<script>"]) {
    expect(requestIdOf(new Headers({ "x-request-id": bad }))).toMatch(/^[0-9a-f-]{36}$/);
  }
});
