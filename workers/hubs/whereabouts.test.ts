import { expect, test } from "vitest";
import { type Env, readDeployment } from "../../durable-objects/deployment/index.ts";
import { answered, type Reply, refused } from "../../hub-core/common/problem.ts";
import { whereabouts } from "./whereabouts.ts";

const FILE = `
federation: { name: planet }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 }, url: "https://us.example" }
  - { id: eu-west, coordinates: { latitude: 53.35, longitude: -6.26 }, url: "https://eu.example" }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-us, region: us-east, hub_tier: regional, parent_hub: global-hub }
  - { id: regional-eu, region: eu-west, hub_tier: regional, parent_hub: global-hub }
`;

// Only the text bindings are read.
const env = { MPREG_REGION: "us-east", MPREG_FEDERATION: FILE, MPREG_HUBS: "global-hub" };
const deployment = readDeployment(env as unknown as Env);

function look(hub: string, reply: Reply) {
  const asked: unknown[] = [];
  const ask = async (request: unknown) => {
    asked.push(request);
    return { hubId: "global-hub", reply };
  };
  return whereabouts(hub, deployment, { ask }).then((found) => ({ found, asked }));
}

const told = (address: string) => answered({ hub_id: "h", region: "us-east", address });

test("a hub that the federation names in another region is behind that region's edge, and nobody is asked", async () => {
  expect(await look("regional-eu", told("https://elsewhere.example"))).toEqual({
    found: { hub: "regional-eu", region: "eu-west", url: "https://eu.example" },
    asked: [],
  });
});

test.each(["regional-us", "local-newcomer"])(
  "%s lives in no deployment that is named: it is where it says",
  async (hub) => {
    expect(await look(hub, told("https://node.example:8443/"))).toEqual({
      found: { hub, region: "us-east", url: "https://node.example:8443" },
      asked: [{ kind: "locate", hubId: hub }],
    });
  },
);

test("a hub that nobody has heard of is nowhere", async () => {
  expect((await look("atlantis", refused(404, "hub_unknown", "no such hub"))).found).toBeNull();
});

test.each(["", "file:///etc/passwd", "data:text/plain,x", "//no-scheme.example"])(
  "no request goes to %j",
  async (address) => {
    expect((await look("local-newcomer", told(address))).found).toBeNull();
  },
);
