import { expect, test } from "vitest";
import { testEdge } from "./edge.test-helper.ts";

const edge = testEdge();
const hub = (hub_id: string, tier: string, region: string, state = "alive") => ({
  hub_id,
  tier,
  region,
  state,
  parent: null,
  clusters: 0,
  capacity: 100,
  load: 0,
});
const REGISTRY = {
  hubs: [
    hub("g", "global", "us"),
    hub("r-us", "regional", "us"),
    hub("r-eu", "regional", "eu"),
    hub("r-ap", "regional", "ap", "failed"),
  ],
  clusters: { total: 0, healthy: 0, draining: 0 },
  services: 0,
  catalog_version: 1,
};
const group = (more: object) => ({
  role: "follower",
  term: 3,
  leader: "g",
  voters: ["g", "r-us", "r-eu"],
  learners: [],
  required_votes: 2,
  commit_index: 40,
  survives: { may_lose: 1, regions_at_risk: ["us"] },
  ...more,
});

const CONSENSUS: Record<string, unknown> = {
  "r-us": {
    global: group({ term: 2, leader: "r-us", commit_index: 90 }),
    us: group({ survives: { may_lose: 0, regions_at_risk: null } }),
  },
  "r-eu": { global: group({}), eu: group({ leader: null, survives: undefined }) },
};

test("status shows each group once, as the hub tells it that is furthest", async () => {
  edge.says = ({ url }) => {
    if (url === "/api/registry/status") return [200, REGISTRY];
    const [, id = ""] = /^\/hubs\/(.+)\/api\/status$/.exec(url) ?? [];
    return [200, { consensus: CONSENSUS[id] }];
  };
  process.env.COLUMNS = "120";
  const { out } = await edge.run("status");
  delete process.env.COLUMNS;
  expect(edge.asked.map(({ url }) => url)).not.toContain("/hubs/r-ap/api/status");
  const [, table = ""] = /(GROUP [\s\S]*)$/.exec(out) ?? [];
  expect(
    table
      .trim()
      .split("\n")
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ["GROUP", "LEADER", "TERM", "COMMIT", "VOTERS", "NEEDED", "LEARNERS", "MAY GO", "ONE REGION LOST"],
    ["global", "g", expect.anything(), "40", "3", "2", "0", "1", "not us"],
    ["eu", "none", expect.anything(), "40", "3", "2", "0", "-", "-"],
    ["us", "g", expect.anything(), "40", "3", "2", "0", "0", "goes with it"],
  ]);
});

test("hubs without consensus, and hubs that do not answer, leave the table out", async () => {
  edge.says = ({ url }) => (url === "/api/registry/status" ? [200, REGISTRY] : [503, { code: "hub_unreachable" }]);
  const { out } = await edge.run("status");
  expect(out).not.toContain("LEADER");
});
