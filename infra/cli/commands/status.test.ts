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

/** As in a terminal of `columns`. */
async function groupsShown(columns: number, consensus = CONSENSUS): Promise<string[][]> {
  edge.says = ({ url }) => {
    if (url === "/api/registry/status") return [200, REGISTRY];
    const [, id = ""] = /^\/hubs\/(.+)\/api\/status$/.exec(url) ?? [];
    return [200, { consensus: consensus[id] }];
  };
  process.env.COLUMNS = String(columns);
  const { out } = await edge.run("status");
  delete process.env.COLUMNS;
  const [, lines = ""] = /(GROUP [\s\S]*)$/.exec(out) ?? [];
  return lines
    .trim()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
}

test("status shows each group once, as the hub tells it that is furthest, and those that no hub tells of", async () => {
  const shown = await groupsShown(120);
  expect(edge.asked.map(({ url }) => url)).not.toContain("/hubs/r-ap/api/status");
  expect(shown).toEqual([
    ["GROUP", "LEADER", "TERM", "COMMIT", "VOTERS", "NEEDED", "LEARNERS", "MAY GO"],
    ["global", "g", expect.anything(), "40", "3", "2", "0", "1"],
    ["ap", "no answer", "-", "-", "-", "-", "-", "-"],
    ["eu", "none", expect.anything(), "40", "3", "2", "0", "no quorum"],
    ["us", "g", expect.anything(), "40", "3", "2", "0", "0"],
    ["global cannot write without us: too few votes would be left"],
  ]);
});

test("which region is one too many to lose is told in narrow terminals as well, and not of a group that cannot write as it is", async () => {
  const risk = { may_lose: 0, regions_at_risk: ["us", "eu"] };
  const at = (more: object) => groupsShown(60, { "r-us": { global: group({ survives: risk, ...more }) } });
  const said = (await at({})).flat().join(" ").replace(/ +/g, " ");
  expect(said).toContain("global cannot write without any one of us, eu: too few votes would be left");
  const shown = await at({ quorum: { have: 1, need: 2 } });
  expect(shown.flat().join(" ")).not.toContain("cannot write");
  expect(shown[1]?.at(-1)).toBe("no quorum");
  expect((await at({ leader: null, quorum: { have: 2, need: 2 } }))[1]?.at(-1)).toBe("no leader");
});

test("of a region without a living hub nobody says how its clusters are", async () => {
  const told = (region: string) => ({ region, hubs: 1, clusters: 8, healthy: 8, services: [], updated_at: "12:00" });
  edge.says = ({ url }) =>
    url === "/api/registry/status" ? [200, { ...REGISTRY, summaries: [told("eu"), told("ap")] }] : [200, {}];
  const { out } = await edge.run("status");
  expect(out).toMatch(/^REGION +HUBS ALIVE +HEALTHY/m);
  expect(out).toMatch(/^eu +1\/1 +8\/8/m);
  expect(out).toMatch(/^ap +0\/1 +unknown/m);
});

test("hubs without consensus, and hubs that do not answer, leave the table out", async () => {
  edge.says = ({ url }) => (url === "/api/registry/status" ? [200, REGISTRY] : [503, { code: "hub_unreachable" }]);
  const { out } = await edge.run("status");
  expect(out).not.toContain("LEADER");
});
