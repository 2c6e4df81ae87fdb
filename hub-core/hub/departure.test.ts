import { beforeEach, expect, test } from "vitest";
import { decodeFrame } from "../wire/frame.ts";
import type { Departed } from "./departure.ts";
import type { Hub } from "./hub.ts";
import { HubWorld, storedAfter, TWO_REGIONS } from "./hub-world.test-helper.ts";

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld(TWO_REGIONS);
  world.run(5_000);
});

function hub(id: string): Hub {
  return world.hubs.get(id) as Hub;
}

function leave(id: string): Departed {
  world.ask(id, "leave", { kind: "shutdown" });
  world.run(0);
  const reply = world.replies.get("leave") as { ok: true; status: number; value: Departed };
  expect(reply).toMatchObject({ ok: true, status: 202, value: { hub_id: id, state: "left" } });
  return reply.value;
}

function statesOf(id: string): Record<string, string | undefined> {
  const others = TWO_REGIONS.filter((other) => other.id !== id);
  return Object.fromEntries(others.map((other) => [other.id, hub(other.id).registry.catalog.hub(id)?.state]));
}

const everywhere = (id: string, state: string) =>
  Object.fromEntries(TWO_REGIONS.filter((other) => other.id !== id).map((other) => [other.id, state]));

test.each(["l-east-1", "r-east", "g"])("HUB-10: %s says `left`, then goodbye, then closes, within one step", (id) => {
  const { told } = leave(id);
  const step = world.trace.find(
    ({ event }) => event.kind === "requests" && event.asked[0]?.request.kind === "shutdown",
  );
  const said = new Map<number, string[]>();
  for (const effect of step?.effects ?? []) {
    if (effect.kind === "send") {
      const messages = decodeFrame(effect.bytes, 65_536);
      if (messages instanceof Error) throw messages;
      const words = messages.map((m) => (m.kind === "news" ? `news ${m.updates.map(({ kind }) => kind)}` : m.kind));
      said.set(effect.link, [...(said.get(effect.link) ?? []), ...words]);
    }
    if (effect.kind === "close-link") said.set(effect.link, [...(said.get(effect.link) ?? []), "close"]);
  }
  expect(told.length).toBeGreaterThan(0);
  expect([...said.values()]).toEqual(told.map(() => ["news left", "goodbye", "close"]));
});

test.each(["l-east-1", "r-east", "g"])(
  "HUB-10: %s is `left` everywhere within a second, and nobody suspected it",
  (id) => {
    leave(id);
    const seen = new Set<string | undefined>();
    for (let tenth = 0; tenth < 300; tenth++) {
      world.run(100);
      for (const state of Object.values(statesOf(id))) seen.add(state);
      if (tenth === 9) expect(statesOf(id)).toEqual(everywhere(id, "left"));
    }
    expect([...seen].sort()).toEqual(["alive", "left"].filter((state) => seen.has(state)));
    expect(statesOf(id)).toEqual(everywhere(id, "left"));
  },
);

test("HUB-10: the clusters of a hub that left have a new owner at once", () => {
  world.ask("l-east-1", "c", {
    kind: "cluster-register",
    assigned: true,
    cluster: { clusterId: "c1", endpoints: [{ url: "https://c1.example" }], services: [{ name: "api" }] },
  });
  world.run(1_000);
  expect(leave("l-east-1").clusters).toBe(1);
  world.run(500);
  expect(hub("r-west").registry.catalog.cluster("c1")).toMatchObject({ vouched: true });
  expect(hub("r-west").registry.catalog.cluster("c1")?.owner).not.toBe("l-east-1");
});

test("HUB-11: after its leave a hub only says how it is, takes no link and sets no timer", () => {
  const first = leave("l-east-1");
  world.ask("l-east-1", "health", { kind: "health" });
  world.ask("l-east-1", "status", { kind: "status" });
  world.ask("l-east-1", "again", { kind: "shutdown" });
  world.ask("l-east-1", "route", { kind: "registry-status" });
  world.run(1);
  expect(world.replies.get("health")).toMatchObject({ value: { status: "unhealthy", draining: true } });
  const left = { status: "unhealthy", details: "left, until it is started again" };
  expect(world.replies.get("status")).toMatchObject({
    value: { status: "unhealthy", checks: { gossip_protocol: left, membership_protocol: left }, links: [] },
  });
  expect(world.replies.get("again")).toMatchObject({ status: 202, value: first });
  expect(world.replies.get("route")).toMatchObject({ problem: { status: 503, code: "hub_left" } });
  const { now } = world;
  const at = hub("l-east-1");
  const opened = at.step({ kind: "link-opened", link: 9_999, peer: "r-east", direction: "in" }, now);
  expect(opened).toEqual([{ kind: "close-link", link: 9_999, code: 1001, reason: "this hub has left" }]);
  world.run(60_000);
  const later = world.trace.filter((entry) => entry.hub === "l-east-1" && entry.at > now);
  expect(later.flatMap(({ effects }) => effects)).toEqual([]);
});

test("HUB-11: started again, it is alive everywhere, as a higher incarnation", () => {
  const { incarnation } = leave("l-east-1");
  world.run(5_000);
  const stored = storedAfter(world.trace.filter((entry) => entry.hub === "l-east-1").flatMap((entry) => entry.effects));
  world.boot("l-east-1", stored, 70);
  world.run(5_000);
  expect(statesOf("l-east-1")).toEqual(everywhere("l-east-1", "alive"));
  expect(hub("g").registry.catalog.hub("l-east-1")?.incarnation).toBeGreaterThan(incarnation);
});
