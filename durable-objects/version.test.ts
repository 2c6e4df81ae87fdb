import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { SOFTWARE_VERSION } from "./version.ts";

test("hubs say the version that package.json says", () => {
  expect(SOFTWARE_VERSION).toBe(manifest.version);
});
