import { expect, test } from "vitest";
import type { ConfigError } from "./config-error.ts";
import { parseFederationFile } from "./federation-file.ts";
import { MAX_HUBS } from "./hub-config.ts";
import { hubConfigOf, hubConfigs } from "./hub-configs.ts";

const FILE = `federation: { name: pair, profile: responsive }
regions:
  - { id: us-east, coordinates: { latitude: 39.0, longitude: -77.5 }, location_hint: enam }
  - { id: eu-west, coordinates: { latitude: 53.3, longitude: -6.3 }, location_hint: weur }
hubs:
  - { id: global-hub-001, region: us-east, hub_tier: global }
  - { id: us-east-hub, region: us-east, hub_tier: regional, parent_hub: global-hub-001 }
  - { id: eu-west-hub, region: eu-west, hub_tier: regional, parent_hub: global-hub-001 }
  - { id: nyc-01, region: us-east, hub_tier: local, parent_hub: us-east-hub }
  - { id: dub-01, region: eu-west, hub_tier: local, parent_hub: eu-west-hub }
  - { id: dub-02, region: eu-west, hub_tier: local, parent_hub: eu-west-hub }
clusters:
  - { id: dublin-a, region: eu-west, coordinates: { latitude: 53.3, longitude: -6.3 }, services: [{ name: checkout, version: 1.2.0, weight: 50 }] }
latency:
  - { between: [us-east, eu-west], rtt_ms: 68 }
`;

const addressOf = (region: string): string => `http://${region}.example`;

function broken(from: string, to: string): readonly ConfigError[] {
  expect(FILE).toContain(from);
  const parsed = parseFederationFile(FILE.replace(from, to), {});
  return parsed.ok ? [] : parsed.errors;
}

test("a federation file parses into regions, hubs, clusters and latencies", () => {
  const parsed = parseFederationFile(FILE, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  expect(parsed.value.regions.map((region) => region.id)).toEqual(["us-east", "eu-west"]);
  expect(parsed.value.hubs[3]).toMatchObject({
    id: "nyc-01",
    tier: "local",
    coordinates: { latitude: 39, longitude: -77.5 },
  });
  expect(parsed.value.clusters[0]?.services).toEqual([
    { name: "checkout", version: "1.2.0", tags: [], weight: 50, capacity: null },
  ]);
  expect(parsed.value.latency).toEqual([{ between: ["us-east", "eu-west"], rttMs: 68 }]);
  expect(JSON.parse(JSON.stringify(parsed.value))).toEqual(parsed.value);
});

test("CONFIG-15: the responsive profile settles a silent death within 4 s and tolerates 3 s of pause", () => {
  const parsed = parseFederationFile(FILE, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const { probeIntervalMs, probeTimeoutMs, suspicionTimeoutMs, pauseToleranceMs } = parsed.value.settings.membership;
  expect(probeIntervalMs + 2 * probeTimeoutMs + suspicionTimeoutMs).toBeLessThanOrEqual(4_000);
  expect(pauseToleranceMs).toBe(3_000);
});

test("CONFIG-6: a key in the file stands over the profile", () => {
  const parsed = parseFederationFile(`${FILE}membership: { redial_interval: 1.5 }\n`, {});
  expect(parsed.ok && parsed.value.settings.membership).toMatchObject({
    redialIntervalMs: 1_500,
    probeIntervalMs: 500,
  });
});

test("CONFIG-14: authentication none is refused when a region or a hub is reached beyond loopback", () => {
  const none = `${FILE}security: { authentication: { method: none } }\n`;
  const at = (entry: string, url: string) => parseFederationFile(none.replace(entry, `${entry} url: "${url}",`), {});
  expect(parseFederationFile(none, {}).ok).toBe(true);
  for (const entry of ["{ id: eu-west,", "{ id: dub-01,"]) {
    expect(at(entry, "http://127.0.0.1:8081").ok).toBe(true);
    expect(at(entry, "http://[::1]:8081").ok).toBe(true);
    const open = at(entry, "https://mpreg.example.workers.dev");
    expect(open.ok ? [] : open.errors).toMatchObject([{ line: 16, path: "security.authentication.method" }]);
  }
});

test("CONFIG-10: a federation has no more hubs than each keeps records of", () => {
  const regions = Array.from({ length: 3 }, (_, r) => ({ id: `r${r}`, coordinates: { latitude: r, longitude: r } }));
  const parse = (count: number) => {
    const local = (i: number) => ({ id: `l${i}`, region: `r${i % 3}`, hub_tier: "local", parent_hub: `hub-r${i % 3}` });
    const hubs = [
      { id: "global", region: "r0", hub_tier: "global" },
      ...regions.map(({ id }) => ({ id: `hub-${id}`, region: id, hub_tier: "regional", parent_hub: "global" })),
      ...Array.from({ length: count - 4 }, (_, i) => local(i)),
    ];
    const lines = hubs.map((hub) => `  - ${JSON.stringify(hub)}`).join("\n");
    return parseFederationFile(
      `federation: { name: big }\nlimits: { max_child_hubs: 200 }\nregions: ${JSON.stringify(regions)}\nhubs:\n${lines}\n`,
      {},
    );
  };
  expect(parse(MAX_HUBS).ok).toBe(true);
  const over = parse(MAX_HUBS + 9);
  expect(over.ok ? [] : over.errors).toMatchObject([{ line: 4 + MAX_HUBS + 1, path: `hubs[${MAX_HUBS}].id` }]);
  expect(over.ok ? "" : over.errors[0]?.message).toContain("hub 513 of 521: a hub keeps the records of 512 at most");
});

test("CONFIG-16: a hub's seeds are its parent, its siblings and its children", () => {
  const parsed = parseFederationFile(FILE, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const seeds = Object.fromEntries(
    hubConfigs(parsed.value, addressOf).map((config) => [config.hub.hubId, config.seeds.map((seed) => seed.hubId)]),
  );
  expect(seeds).toEqual({
    "global-hub-001": ["us-east-hub", "eu-west-hub"],
    "us-east-hub": ["global-hub-001", "eu-west-hub", "nyc-01"],
    "eu-west-hub": ["global-hub-001", "us-east-hub", "dub-01", "dub-02"],
    "nyc-01": ["us-east-hub"],
    "dub-01": ["eu-west-hub", "dub-02"],
    "dub-02": ["eu-west-hub", "dub-01"],
  });
  expect(hubConfigOf(parsed.value, "dub-01", addressOf)?.hub.address).toBe("http://eu-west.example");
  expect(hubConfigOf(parsed.value, "nobody", addressOf)).toBeNull();
});

test("CONFIG-9: a service that a cluster offers twice is refused", () => {
  const errors = broken("weight: 50 }]", "weight: 50 }, { name: checkout }]");
  expect(errors).toMatchObject([{ line: 13, path: "clusters[0].services[1].name", value: '"checkout"' }]);
});

test("CONFIG-16: a hub that names its own URL is found there, and the others behind their region's edge", () => {
  const text = FILE.replace(
    "id: dub-02, region: eu-west,",
    "id: dub-02, region: eu-west, url: 'http://10.0.0.2:8080/',",
  );
  const parsed = parseFederationFile(text, {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const seeds = hubConfigOf(parsed.value, "dub-01", addressOf)?.seeds.map((seed) => seed.address);
  expect(seeds).toEqual(["http://eu-west.example", "http://10.0.0.2:8080"]);
});

test.each<[string, string, string, number, string]>([
  [
    "CONFIG-7: a regional hub without a parent",
    "regional, parent_hub: global-hub-001",
    "regional",
    7,
    "hubs[1].parent_hub",
  ],
  [
    "CONFIG-7: an unknown parent",
    "local, parent_hub: us-east-hub",
    "local, parent_hub: us-eats-hub",
    9,
    "hubs[3].parent_hub",
  ],
  [
    "CONFIG-7: a parent of the wrong tier",
    "local, parent_hub: us-east-hub",
    "local, parent_hub: global-hub-001",
    9,
    "hubs[3].parent_hub",
  ],
  [
    "CONFIG-7: a parent in another region",
    "local, parent_hub: us-east-hub",
    "local, parent_hub: eu-west-hub",
    9,
    "hubs[3].parent_hub",
  ],
  [
    "CONFIG-7: a global hub with a parent",
    "hub_tier: global }",
    "hub_tier: global, parent_hub: nyc-01 }",
    6,
    "hubs[0].parent_hub",
  ],
  [
    "CONFIG-8: a second global hub",
    "nyc-01, region: us-east, hub_tier: local, parent_hub: us-east-hub",
    "g2, region: us-east, hub_tier: global",
    9,
    "hubs[3].hub_tier",
  ],
  [
    "CONFIG-8: a second regional hub in a region",
    "nyc-01, region: us-east, hub_tier: local, parent_hub: us-east-hub",
    "r2, region: us-east, hub_tier: regional, parent_hub: global-hub-001",
    9,
    "hubs[3].hub_tier",
  ],
  ["CONFIG-9: a hub id used twice", "id: dub-02", "id: dub-01", 11, "hubs[5].id"],
  [
    "CONFIG-10: more children than the limit",
    "latency:",
    "limits: { max_child_hubs: 1 }\nlatency:",
    11,
    "hubs[5].parent_hub",
  ],
  [
    "CONFIG-11: a cluster in an unknown region",
    "dublin-a, region: eu-west",
    "dublin-a, region: eu-wets",
    13,
    "clusters[0].region",
  ],
  [
    "CONFIG-11: a latency of an unknown region",
    "[us-east, eu-west]",
    "[us-east, eu-wets]",
    15,
    "latency[0].between[1]",
  ],
  [
    "CONFIG-11: a pair given twice",
    "rtt_ms: 68 }",
    "rtt_ms: 68 }\n  - { between: [eu-west, us-east], rtt_ms: 70 }",
    16,
    "latency[1].between",
  ],
])("%s is refused at its line", (_, from, to, line, path) => {
  const errors = broken(from, to);
  expect(errors.map((error) => [error.line, error.path])).toContainEqual([line, path]);
});

test("CONFIG-11: an unknown region offers the nearest known one", () => {
  expect(broken("dublin-a, region: eu-west", "dublin-a, region: eu-wets")[0]?.nearest).toBe("eu-west");
});

test("CONFIG-8: a region without a regional hub is refused", () => {
  const errors = broken("hubs:\n", "  - { id: lonely, coordinates: { latitude: 0, longitude: 0 } }\nhubs:\n");
  expect(errors).toMatchObject([{ line: 5, path: "regions[2].id" }]);
});

/** Path and line of everything that is said of the file with these replacements. */
function said(replacements: readonly (readonly [string, string])[], env: Record<string, string> = {}) {
  let text = FILE;
  for (const [from, to] of replacements) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const parsed = parseFederationFile(text, env);
  return parsed.ok ? [] : parsed.errors.map(({ line, path }) => `${line} ${path}`);
}

const DUPLICATE = ["id: dub-02", "id: dub-01"] as const;
const WRONG_PARENT = [
  "nyc-01, region: us-east, hub_tier: local, parent_hub: us-east-hub",
  "nyc-01, region: us-east, hub_tier: local, parent_hub: global-hub-001",
] as const;
const CLASHING = ["9 hubs[3].parent_hub", "11 hubs[5].id"];

test.each<[string, readonly [string, string], string]>([
  ["a latitude out of range", ["latitude: 39.0", "latitude: 139.0"], "3 regions[0].coordinates.latitude"],
  [
    "an unknown tier",
    ["us-east-hub, region: us-east, hub_tier: regional", "us-east-hub, region: us-east, hub_tier: regionl"],
    "7 hubs[1].hub_tier",
  ],
  ["an unknown key", ["location_hint: enam", "location_hnt: enam"], "3 regions[0].location_hnt"],
  ["a hub without an id", ["id: us-east-hub, ", ""], "7 hubs[1].id"],
  ["a region without an id", ["id: us-east, coordinates", "coordinates"], "3 regions[0].id"],
  ["a hub without a region", ["us-east-hub, region: us-east,", "us-east-hub,"], "7 hubs[1].region"],
  ["clusters that are no list", ["  - { id: dublin-a", "  { id: dublin-a"], "13 clusters"],
  ["a limit out of range", ["latency:", "limits: { max_child_hubs: 0 }\nlatency:"], "14 limits.max_child_hubs"],
  ["a variable that is not set", ["name: pair", `name: "\${NAME}"`], "1 federation.name"],
  ["an id that waits for a variable", ["id: us-east-hub, ", `id: "\${NAME}", `], "7 hubs[1].id"],
])("CONFIG-21: %s hides nothing else, and nothing is said because of it", (_, mistake, at) => {
  expect(said([mistake])).toEqual([at]);
  const all = said([mistake, DUPLICATE, WRONG_PARENT]);
  expect(all.toSorted()).toEqual([at, ...CLASHING].toSorted());
});

test("CONFIG-21: what depends on a value that cannot be read is not said", () => {
  const limits = ["latency:", `limits: { max_child_hubs: "\${MOST}" }\nlatency:`] as const;
  expect(said([limits])).toEqual(["14 limits.max_child_hubs"]);
  expect(said([limits], { MOST: "1" })).toEqual(["11 hubs[5].parent_hub"]);
});

test("CONFIG-21: a file that is wrong throughout is not gone through for each mistake", () => {
  const clusters = `clusters: [${`{ id: "\${ID}" }, `.repeat(40)}${"{}, ".repeat(19_000)}]`;
  expect(said([["clusters:\n", `${clusters}\nx:\n`]])).toHaveLength(50);
  const unset = `clusters: [${`{ id: "\${ID}" }, `.repeat(19_000)}]`;
  expect(said([["clusters:\n", `${unset}\nx:\n`]])).toHaveLength(50);
});
