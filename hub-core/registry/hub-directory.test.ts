import { beforeEach, expect, test } from "vitest";
import { HubDirectory } from "./hub-directory.ts";
import { hub } from "./planet.test-helper.ts";
import { hubRecord } from "./records.test-helper.ts";

const SELF = hub("self", "regional", "here", "g");
const word = (incarnation: number, state: "alive" | "failed" | "left", since: number) =>
  ({ kind: "hub-state", hubId: "l", incarnation, state, since }) as const;

let changes: string[];
let directory: HubDirectory;
const state = (id = "l") => directory.view(id)?.state;

beforeEach(() => {
  changes = [];
  directory = new HubDirectory(SELF, 7, (id) => void changes.push(id));
  directory.setMember(SELF, 7, "alive", 0);
  directory.setMember(hub("g", "global", "here", null), 1, "alive", 0);
  directory.setMember(hub("r", "regional", "there", "g"), 1, "alive", 0);
  directory.setRecord("l", hubRecord({ tier: "local", region: "there", parent: "r", incarnation: 3 }), 0);
});

test("REG-20: of a hub in an own group membership says how it is, whatever others say", () => {
  directory.setWord("g", "r", { ...word(9, "failed", 5), hubId: "r" }, 1);
  expect(state("r")).toBe("alive");
  directory.setMember(hub("r", "regional", "there", "g"), 1, "suspect", 2);
  expect(state("r")).toBe("suspect");
  expect(directory.changedAt("r")).toBe(2);
});

test("REG-20: of another hub its parent says, and nobody else while the parent lives", () => {
  expect(state()).toBe("alive");
  directory.setWord("x", "l", word(3, "failed", 9), 1);
  expect(state()).toBe("alive");
  directory.setWord("r", "l", word(3, "left", 1), 2);
  expect(state()).toBe("left");
});

test("REG-20: when its parent is gone the latest word of anyone counts, and the parent's again on its return", () => {
  directory.setWord("x", "l", word(3, "failed", 9), 1);
  directory.setWord("y", "l", word(3, "alive", 8), 1);
  const parent = hub("r", "regional", "there", "g");
  directory.setMember(parent, 1, "failed", 10);
  expect(state()).toBe("failed");
  directory.setWord("y", "l", word(3, "alive", 11), 11);
  expect(state()).toBe("alive");
  directory.setWord("x", "l", word(3, "failed", 11), 12);
  expect(state()).toBe("failed");
  directory.setMember(parent, 2, "alive", 13);
  expect(state()).toBe("alive");
});

test("REG-20: a word about an earlier incarnation is over", () => {
  directory.setWord("r", "l", word(3, "failed", 1), 1);
  expect(state()).toBe("failed");
  directory.setRecord("l", hubRecord({ tier: "local", region: "there", parent: "r", incarnation: 4 }), 2);
  expect(state()).toBe("alive");
});

test("REG-20: a hub is the judge of itself, and of nobody nothing is said", () => {
  directory.setWord("g", "self", { ...word(9, "failed", 1), hubId: "self" }, 1);
  expect(directory.view("self")).toMatchObject({ state: "alive", incarnation: 7 });
  expect(directory.view("nobody")).toBeUndefined();
  expect(directory.isGone("nobody")).toBe(true);
});

test("a change is told once, and none when nothing changed", () => {
  changes.length = 0;
  directory.setWord("r", "l", word(3, "failed", 1), 1);
  directory.setWord("r", "l", word(3, "failed", 1), 2);
  expect(changes).toEqual(["l"]);
  directory.setRecord("l", null, 3);
  expect(changes).toEqual(["l", "l"]);
  expect(directory.view("l")).toBeUndefined();
});

test("records that name each other as parents do not send words round in circles", () => {
  directory.setRecord("a", hubRecord({ tier: "local", parent: "b" }), 1);
  directory.setRecord("b", hubRecord({ tier: "local", parent: "a" }), 1);
  directory.setWord("x", "a", { ...word(1, "failed", 1), hubId: "a" }, 2);
  directory.setWord("x", "b", { ...word(1, "failed", 1), hubId: "b" }, 2);
  expect([state("a"), state("b")]).toEqual(["failed", "failed"]);
  directory.setRecord("c", hubRecord({ tier: "local", parent: "c" }), 3);
  expect(state("c")).toBe("alive");
});

test("children are those that name the hub as their parent", () => {
  expect(directory.childrenOf("r")).toEqual(["l"]);
  expect(directory.childrenOf("g")).toEqual(["r", "self"]);
  directory.setRecord("l", hubRecord({ tier: "local", region: "here", parent: "self" }), 1);
  expect(directory.childrenOf("r")).toEqual([]);
  expect(directory.childrenOf("self")).toEqual(["l"]);
});

test("ROUTE-49: a hub that learns late who died before knows since when, if anyone says it", () => {
  directory.setWord("r", "l", word(3, "failed", 40), 1_000);
  expect(directory.changedAt("l")).toBe(1_000);
  expect(directory.stateSince("l")).toBe(40);
  directory.setWord("r", "l", word(3, "alive", 1_500), 1_501);
  expect(directory.stateSince("l")).toBe(1_500);
  expect(directory.stateSince("nobody")).toBe(0);
});
