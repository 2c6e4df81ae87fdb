import { expect, test } from "vitest";
import { platformSettings } from "./platform-settings.ts";

test("the date and flags of the deployment are those of the local runtime", () => {
  const toml = 'name = "x"\ncompatibility_date = "2026-11-01"\ncompatibility_flags = ["nodejs_compat", "a"]\n';
  expect(platformSettings(toml, "w")).toEqual({
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat", "a"],
  });
  expect(platformSettings('compatibility_date = "2026-11-01"', "w").compatibilityFlags).toEqual([]);
  expect(() => platformSettings("", "w")).toThrow("w has no compatibility_date");
});
