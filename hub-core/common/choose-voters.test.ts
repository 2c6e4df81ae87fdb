import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseVoters, type Electable } from "./choose-voters.ts";

const child = (hubId: string, region: string): Electable => ({ hubId, region, isParent: false });
const parent = (hubId: string, region: string): Electable => ({ hubId, region, isParent: true });

const REGIONS = ["af", "ap", "eu", "sa", "us-east", "us-west", "z"];

test("CONFIG-23: of eight in seven regions, the one that shares the parent's region is the learner, whatever its id", () => {
  for (const shared of ["a-us-east", "zz-us-east"]) {
    const members = REGIONS.map((region) => child(region === "us-east" ? shared : `r-${region}`, region));
    const voters = chooseVoters([...members, parent("global", "us-east")]);
    expect(voters).toHaveLength(7);
    expect(voters[0]).toBe("global");
    expect(voters).not.toContain(shared);
  }
});

test("CONFIG-23: in one region they are chosen by id, the parent first", () => {
  const members = ["d", "b", "c", "a"].map((id) => child(id, "r"));
  expect(chooseVoters([...members, parent("z", "r")], 3)).toEqual(["z", "a", "b"]);
});

test("CONFIG-23: a second hub of a region waits until each region has one, a third until each has two", () => {
  const members = [child("a1", "a"), child("a2", "a"), child("a3", "a"), child("b1", "b"), child("b2", "b")];
  expect(chooseVoters([...members, child("c1", "c")], 5)).toEqual(["a1", "b1", "c1", "a2", "b2"]);
});

const anyMembers = fc.uniqueArray(
  fc.record({ hubId: fc.string({ maxLength: 3 }), region: fc.constantFrom("a", "b", "c"), isParent: fc.boolean() }),
  { selector: ({ hubId }) => hubId, maxLength: 20 },
);

test("CONFIG-23: the order in which members are told changes nothing, and no region has two more than another that could have more", () => {
  fc.assert(
    fc.property(anyMembers, fc.nat(7), (members, max) => {
      const children = members.map((member) => ({ ...member, isParent: false }));
      for (const all of [members, children]) {
        const voters = chooseVoters(all, max);
        expect(chooseVoters([...all].reverse(), max)).toEqual(voters);
        expect(voters).toHaveLength(Math.min(max, all.length));
      }
      const chosen = new Set(chooseVoters(children, max));
      const left = new Set(children.filter(({ hubId }) => !chosen.has(hubId)).map(({ region }) => region));
      const of = (region: string) => children.filter((c) => c.region === region && chosen.has(c.hubId)).length;
      for (const region of left) expect(Math.max(...["a", "b", "c"].map(of)) - of(region)).toBeLessThanOrEqual(1);
    }),
  );
});
