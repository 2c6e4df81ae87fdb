import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MAX_VARIABLE_BYTES, renderWranglerToml } from "./wrangler-toml.ts";

const ROOT = join(import.meta.dirname, "../..");
const planet = readFileSync(join(ROOT, "infra/topologies/planet.yaml"), "utf8");

test("wrangler.toml is what the planet's federation file says", () => {
  expect(readFileSync(join(ROOT, "wrangler.toml"), "utf8")).toBe(renderWranglerToml(planet));
});

test("a federation that does not fit into one variable is refused before the platform refuses it", () => {
  const hubs = Array.from(
    { length: 200 },
    (_, i) => `  - { id: local-hub-${i}, region: r, hub_tier: local, parent_hub: p }`,
  );
  const large = `federation: { name: large }\nregions:\n  - { id: r }\nhubs:\n${hubs.join("\n")}`;
  expect(() => renderWranglerToml(large)).toThrow(String(MAX_VARIABLE_BYTES));
});
