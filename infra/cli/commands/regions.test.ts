import { expect, test } from "vitest";
import { testEdge } from "./edge.test-helper.ts";

const edge = testEdge();

const ballot = (state: string, votes: readonly object[] = []) => ({ proposal_id: "ballot-1", state, votes });

test("regions are listed as the hubs have decided, those without a decision as active", async () => {
  edge.says = ({ url }) =>
    url.startsWith("/api/registry")
      ? [
          200,
          {
            hubs: [
              { region: "west", state: "alive" },
              { region: "east", state: "left" },
            ],
          },
        ]
      : [200, { keys: [{ key: "mpreg/regions/east", value: { state: "removed" } }] }];
  const { out } = await edge.run("regions", "--token", "t");
  expect(out).toBe("REGION  STATE    HUBS  ALIVE\neast    removed     1      0\nwest    active      1      1\n");
});

test("a removal is put to the vote, waited for, and said how to take back", async () => {
  let asked = 0;
  edge.says = () => {
    asked += 1;
    return asked === 1 ? [202, ballot("pending")] : [200, ballot("committed", [{ hub_id: "a", vote: "yes" }])];
  };
  const { out } = await edge.run("regions", "remove", "east", "--force", "--token", "t");
  expect(edge.asked[0]?.body).toEqual({
    group: "global",
    kind: "ballot",
    key: "mpreg/regions/east",
    value: { state: "removed", force: true },
  });
  expect(out).toMatch(/^east is removed, by 1 votes\n.*regions add east/);
});

test("what the hubs do not agree to fails, with their reasons", async () => {
  edge.says = ({ method }) =>
    method === "POST"
      ? [202, ballot("pending")]
      : [200, ballot("rejected", [{ hub_id: "a", vote: "no", reason: "2 clusters of east are in service" }])];
  const { error } = await edge.run("regions", "remove", "east", "--token", "t");
  expect(error?.message).toContain("did not agree (rejected); east is as it was");
  expect(error?.message).toContain("a: 2 clusters of east are in service");
});
