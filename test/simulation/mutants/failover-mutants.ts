/** Bugs of coordinators that are gone, of those who stand in for them, and of their return. */
import type { Mutant } from "./mutant.ts";

const lost = (...more: string[]): string[] => [
  "--hubs",
  "9",
  "--minutes",
  "5",
  "--exactly",
  "--faults",
  ["coordinator-loss", ...more].join(),
];

export const FAILOVER_MUTANTS: readonly Mutant[] = [
  {
    name: "stands in for its parent for good",
    file: "hub-core/hub/standing-in.ts",
    find: "if (isOver) this.#leave(hub, place, now, out);",
    replace: "if (isOver && now < 0) this.#leave(hub, place, now, out);",
    scenario: lost(),
    withinSeeds: 2,
  },
  {
    name: "brings nothing of its region up as a stand-in",
    file: "hub-core/registry/upward-store.ts",
    find: 'return this.#provenance(origin) === "own-region";',
    replace: 'return this.#provenance(origin) === "unknown";',
    scenario: lost(),
    withinSeeds: 3,
  },
  {
    name: "stands in and tells nobody",
    file: "hub-core/hub/standing-in.ts",
    find: "leads.filter((each) => standing(each) || this.#place?.inService === true),",
    replace: "leads.filter((each) => standing(each) || this.#place === undefined),",
    scenario: lost(),
    withinSeeds: 2,
  },
  {
    name: "says nothing of the hubs that it speaks for as a stand-in",
    file: "hub-core/registry/spokesman.ts",
    find: "for (const sibling of directory.childrenOf(parent)) subjects.add(sibling);",
    replace: "if (directory.isMember(parent)) subjects.delete(parent);",
    scenario: lost("silent-death"),
    withinSeeds: 6,
  },
  {
    name: "takes who left the group above for gone altogether",
    file: "hub-core/registry/hub-directory.ts",
    find: 'known.guest = state === "left" ? null : { identity, incarnation, state };',
    replace: "known.member = { identity, incarnation, state };",
    scenario: lost(),
    withinSeeds: 3,
  },
];
