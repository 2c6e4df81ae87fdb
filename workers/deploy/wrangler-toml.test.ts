import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledFederation } from "./bundled-federation.ts";
import { renderWranglerToml } from "./wrangler-toml.ts";

const ROOT = join(import.meta.dirname, "../..");
const SOURCE = "infra/topologies/planet.yaml";
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

function bundled(yaml: string): Exclude<ReturnType<typeof bundledFederation>, string> {
  const federation = bundledFederation(yaml, SOURCE);
  if (typeof federation === "string") throw new Error(federation);
  return federation;
}

test("wrangler.toml and the bundled federation are what the planet's federation file says", () => {
  const federation = bundled(read(SOURCE));
  expect(JSON.parse(read("durable-objects/deployment/federation.json"))).toEqual(federation);
  expect(read("wrangler.toml")).toBe(renderWranglerToml(federation, SOURCE));
});

const TWO = `
federation: { name: two }
regions:
  - { id: a, coordinates: { latitude: 0, longitude: 0 }, url: "https://a.example.org" }
  - { id: b, coordinates: { latitude: 0, longitude: 9 } }
hubs:
  - { id: global-hub, region: a, hub_tier: global }
  - { id: regional-a, region: a, hub_tier: regional, parent_hub: global-hub }
  - { id: regional-b, region: b, hub_tier: regional, parent_hub: global-hub }
`;

test("a region's own URL is kept, and one without gets its script's", () => {
  const { regions } = bundled(TWO);
  expect(regions.map(({ url }) => url)).toEqual(["https://a.example.org", "https://mpreg-b.example.workers.dev"]);
});

test("a federation file with mistakes is not deployed", () => {
  expect(bundledFederation("federation: { name: x }\nregions: []\nhubs: []\n", "planet.yaml")).toMatch(
    /^planet.yaml:2:\d+: /,
  );
});

test("CONFIG-14: what lets anyone write is not deployed, wherever the file says that it is", () => {
  for (const url of ["", ', url: "http://127.0.0.1:8787"', ', url: "https://a.example.org"']) {
    const open = TWO.replace(', url: "https://a.example.org"', url).concat(
      "security: { authentication: { method: none } }\n",
    );
    expect(bundledFederation(open, "planet.yaml")).toMatch(/^planet\.yaml:.*method none would let anyone/);
  }
});
