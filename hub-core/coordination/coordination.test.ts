import { beforeEach, expect, test } from "vitest";
import type { Notice, Outbox } from "../common/outbox.ts";
import type { HubIdentity } from "../common/types.ts";
import { Coordination, LAPSE_MS } from "./coordination.ts";

const SELF: HubIdentity = {
  hubId: "l-1",
  tier: "local",
  region: "east",
  coordinates: { latitude: 0, longitude: 0 },
  parent: "r",
  address: "http://hub.test",
};

let notices: Notice[];
let logged: string[];
let coordination: Coordination;

const out: Outbox = {
  send: () => false,
  connected: () => false,
  dial: () => false,
  persist: () => {},
  check: () => {},
  notify: (notice) => notices.push(notice),
  log: (_, event) => logged.push(event),
};

beforeEach(() => {
  notices = [];
  logged = [];
  coordination = new Coordination(SELF);
});

test("COORD-4: an older term changes nothing, and what is known already is no news", () => {
  coordination.led("east", { leader: "l-1", term: 4 }, 100, out);
  coordination.led("east", { leader: "l-2", term: 3 }, 200, out);
  coordination.led("east", { leader: "l-1", term: 4 }, 300, out);
  expect(coordination.standing("east")).toEqual({
    group: "east",
    parent: "r",
    leader: "l-1",
    term: 4,
    since: 100,
    leaderlessSince: null,
  });
  expect(notices).toEqual([{ kind: "coordinator-changed", group: "east" }]);
});

test("COORD-4: a second leader in one term is not believed, and said aloud", () => {
  coordination.led("east", { leader: "l-2", term: 4 }, 100, out);
  coordination.led("east", { leader: "l-1", term: 4 }, 200, out);
  expect(coordination.standing("east")?.leader).toBe("l-2");
  expect(coordination.held(200)).toEqual([]);
  expect(logged).toContain("two_leaders_in_a_term");
});

test("COORD-4: what a hub holds since is told across its terms, unless it had lapsed", () => {
  coordination.led("east", { leader: "l-1", term: 4 }, 100, out);
  coordination.led("east", null, 200, out);
  coordination.led("east", { leader: "l-1", term: 6 }, 300, out);
  expect(coordination.standing("east")).toMatchObject({ term: 6, since: 100, leaderlessSince: null });
  coordination.led("east", null, 400, out);
  coordination.led("east", { leader: "l-1", term: 7 }, 400 + LAPSE_MS, out);
  expect(coordination.standing("east")?.since).toBe(400 + LAPSE_MS);
});

test("COORD-6: an office lapses a while after its election has no leader any more, and not before", () => {
  coordination.led("east", { leader: "l-1", term: 4 }, 100, out);
  expect(coordination.lapsesAt(100)).toBe(Number.POSITIVE_INFINITY);
  coordination.led("east", null, 200, out);
  expect(coordination.lapsesAt(200)).toBe(200 + LAPSE_MS);
  expect(coordination.held(200 + LAPSE_MS - 1)).toHaveLength(1);
  expect(coordination.held(200 + LAPSE_MS)).toEqual([]);
  expect(coordination.lapsesAt(200 + LAPSE_MS)).toBe(Number.POSITIVE_INFINITY);
});

test("COORD-1: facts of a group that this hub is not in are none of its business", () => {
  coordination.led("global", { leader: "l-1", term: 4 }, 100, out);
  expect(coordination.standing("global")).toBeUndefined();
  expect(notices).toEqual([]);
});
