import { expect, test } from "vitest";
import { NEWEST_VERSION, OLDEST_VERSION } from "../../hub-core/wire/versions.ts";
import { DeploymentError, readDeployment } from "./deployment.ts";
import type { Env } from "./env.ts";

const FILE = `
federation: { name: planet }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 }, url: "https://us.example" }
  - { id: eu-west, coordinates: { latitude: 53.35, longitude: -6.26 } }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-us, region: us-east, hub_tier: regional, parent_hub: global-hub }
  - { id: regional-eu, region: eu-west, hub_tier: regional, parent_hub: global-hub }
`;

/** Only the text bindings are read. */
function env(variables: Record<string, string>): Env {
  return { MPREG_REGION: "us-east", MPREG_FEDERATION: FILE, ...variables } as unknown as Env;
}

test("the hubs of the region live here, unless the deployment says which of them", () => {
  expect(readDeployment(env({})).hosted).toEqual(["global-hub", "regional-us"]);
  expect(readDeployment(env({ MPREG_HUBS: "regional-us, regional-eu" })).hosted).toEqual(["regional-us"]);
});

test("what the deployment says of a region's address wins over the file, and is what hubs tell of themselves", () => {
  const urls = '{"us-east":"http://127.0.0.1:9001/","eu-west":"http://127.0.0.1:9002"}';
  const deployment = readDeployment(env({ MPREG_REGION_URLS: urls }));
  expect([...deployment.regionUrls]).toEqual([
    ["us-east", "http://127.0.0.1:9001"],
    ["eu-west", "http://127.0.0.1:9002"],
  ]);
  expect(deployment.hubConfig("regional-us")?.hub.address).toBe("http://127.0.0.1:9001");
  expect(readDeployment(env({})).hubConfig("global-hub")?.hub.address).toBe("https://us.example");
});

test("a federation that was resolved elsewhere is taken as it is", () => {
  const { federation } = readDeployment(env({}));
  expect(readDeployment(env({ MPREG_FEDERATION: JSON.stringify(federation) })).federation).toEqual(federation);
});

test("hubs speak the newest protocol version, unless the deployment holds them back", () => {
  expect(readDeployment(env({})).protocolVersion).toBe(NEWEST_VERSION);
  expect(readDeployment(env({ MPREG_PROTOCOL_VERSION: String(OLDEST_VERSION) })).protocolVersion).toBe(OLDEST_VERSION);
});

test("CONFIG-14: without authentication every region is on loopback, whoever says where it is", () => {
  const open = FILE.replace(', url: "https://us.example"', "").concat(
    "security: { authentication: { method: none } }\n",
  );
  const at = (url: string) => env({ MPREG_FEDERATION: open, MPREG_REGION_URLS: JSON.stringify({ "us-east": url }) });
  expect(readDeployment(at("http://127.0.0.1:9001")).federation.settings.security.method).toBe("none");
  expect(() => readDeployment(at("https://us.example"))).toThrow(/method none .* https:\/\/us\.example/);
});

test("a hub that the federation does not name has no configuration", () => {
  expect(readDeployment(env({})).hubConfig("local-atlantis")).toBeNull();
});

test.each<[string, Record<string, string>, RegExp]>([
  ["a region that the federation does not have", { MPREG_REGION: "mars" }, /MPREG_REGION is mars; .* us-east, eu-west/],
  [
    "a federation file with a mistake",
    { MPREG_FEDERATION: FILE.replace("hub_tier", "hub_teir") },
    /MPREG_FEDERATION:\d+:\d+: .*hub_tier/,
  ],
  ["no federation", { MPREG_FEDERATION: "" }, /MPREG_FEDERATION/],
  [
    "a protocol version that is still to come",
    { MPREG_PROTOCOL_VERSION: String(NEWEST_VERSION + 1) },
    /MPREG_PROTOCOL_VERSION is \d+; this software speaks/,
  ],
  ["a protocol version that is none", { MPREG_PROTOCOL_VERSION: "two" }, /MPREG_PROTOCOL_VERSION is two/],
  ["region URLs that are not JSON", { MPREG_REGION_URLS: "us-east=http://x" }, /MPREG_REGION_URLS is not JSON/],
  [
    "region URLs that are no URLs",
    { MPREG_REGION_URLS: '{"us-east":"nowhere"}' },
    /MPREG_REGION_URLS: us-east has no URL/,
  ],
])("%s is an error that says so", (_, variables, message) => {
  expect(() => readDeployment(env(variables))).toThrow(DeploymentError);
  expect(() => readDeployment(env(variables))).toThrow(message);
});
