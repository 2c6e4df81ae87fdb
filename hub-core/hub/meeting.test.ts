import { expect, test } from "vitest";
import type { CatalogView, Coordinator } from "../common/catalog-view.ts";
import type { HubId, HubIdentity, Tier } from "../common/types.ts";
import type { Leadership, MemberState } from "../wire/catalog.ts";
import { Directory } from "./directory.ts";
import type { Group } from "./group.ts";
import { Meeting } from "./meeting.ts";

function identity(hubId: HubId, tier: Tier, parent: HubId | null): HubIdentity {
  return { hubId, tier, region: "east", coordinates: { latitude: 0, longitude: 0 }, parent, address: "" };
}

const claim = (term: number): Leadership => ({ group: "east", parent: "r-east", above: "g", term, since: 0 });

interface Seen {
  readonly hub: HubIdentity;
  readonly state?: MemberState;
  readonly standsIn?: Leadership;
}

/** The global hub, with these members, and who the catalog says acts for r-east. */
function meetingAtG(members: readonly Seen[], told: Pick<Coordinator, "hubId" | "term"> | null = null): Meeting {
  const rows = members.map(({ hub, state = "alive", standsIn = null }) => ({ identity: hub, state, standsIn }));
  const membership = {
    member: (id: HubId) => rows.find((row) => row.identity.hubId === id),
    members: () => rows,
  } as unknown as Group["membership"];
  const group = { id: "global", role: "down", parent: "g", membership } as unknown as Group;
  const catalog = { hub: () => undefined, coordinatorOf: () => told } as unknown as CatalogView;
  const meeting = new Meeting({ directory: new Directory("g", []), catalog: () => catalog, isRemoved: () => false });
  meeting.groups = [group];
  return meeting;
}

const R_EAST = identity("r-east", "regional", "g");
const L1 = identity("l-1", "local", "r-east");
const L2 = identity("l-2", "local", "r-east");

test("COORD-1: a hub is met by its own place, or by the place that it stands in", () => {
  const meeting = meetingAtG([{ hub: R_EAST, state: "failed" }]);
  expect(meeting.groupFor(R_EAST)?.id).toBe("global");
  expect(meeting.groupFor(L1)).toBeUndefined();
  expect(meeting.groupFor(L1, claim(2))?.id).toBe("global");
  expect(meeting.mayStandIn(L1)).toBe(true);
  expect(meeting.mayStandIn(identity("x", "local", "l-1"))).toBe(true);
});

test("COORD-1: nobody stands in for another's parent, nor into a group that the parent is not in", () => {
  const meeting = meetingAtG([{ hub: R_EAST, state: "failed" }]);
  expect(meeting.groupFor(identity("l-9", "local", "r-west"), claim(2))).toBeUndefined();
  expect(meeting.groupFor(L1, { ...claim(2), above: "another" })).toBeUndefined();
});

test.each([
  ["a member here with a higher term", [{ hub: L2, standsIn: claim(3) }], null],
  ["one that the catalog tells of", [], { hubId: "l-2", term: 3 }],
  ["the parent, elected again", [{ hub: R_EAST }], { hubId: "r-east", term: 3 }],
] as const)("COORD-4: a stand-in is not let in after %s", (_, members, told) => {
  expect(meetingAtG(members, told).groupFor(L1, claim(2))).toBeUndefined();
});

test.each([
  ["one with a lower term", [{ hub: L2, standsIn: claim(1) }], null],
  ["one with a higher term that is gone", [{ hub: L2, standsIn: claim(3), state: "failed" }], null],
  ["what the catalog knew of itself", [], { hubId: "l-1", term: 3 }],
  ["the parent by its configuration alone", [{ hub: R_EAST }], { hubId: "r-east", term: 0 }],
] as const)("COORD-4: a stand-in is let in before %s", (_, members, told) => {
  expect(meetingAtG(members, told).groupFor(L1, claim(2))?.id).toBe("global");
});
