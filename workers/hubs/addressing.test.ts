import { expect, test } from "vitest";
import { addressOf } from "./addressing.ts";

test.each([
  ["/hubs/local-hub-nyc-01/health", "local-hub-nyc-01", "/health"],
  ["/hubs/a%2Fb/api/clusters/x", "a/b", "/api/clusters/x"],
  ["/hubs/%ZZ/health", "%ZZ", "/health"],
  ["/health", null, "/health"],
  ["/hubs", null, "/hubs"],
  ["/hubs/only", null, "/hubs/only"],
  ["/hubs//health", null, "/hubs//health"],
] as const)("%s is asked of %s at %s", (pathname, hub, path) => {
  expect(addressOf(pathname)).toEqual({ hub, path });
});
