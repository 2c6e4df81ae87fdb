import { expect, test } from "vitest";
import type { CatalogView } from "../common/catalog-view.ts";
import { Metrics } from "../common/metrics.ts";
import type { HubId } from "../common/types.ts";
import { encode } from "../wire/codec.ts";
import { type Message, type MessageOf, message as messageCodec } from "../wire/messages.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { Relay } from "./relay.ts";

const VOTED: MessageOf<"raft-voted"> = {
  kind: "raft-voted",
  group: "global",
  lineage: 7,
  from: 1,
  to: 1,
  term: 3,
  pre: false,
  granted: true,
};

/** Hubs and their links; who of them knows whose links. Over a road of `swallowed` nothing arrives. */
function network(links: readonly (readonly [HubId, HubId])[], published: readonly HubId[] = []) {
  const swallowed = new Set<string>();
  /** `a>b`: a asked b, and heard nothing since. */
  const silent = new Set<string>();
  let now = 0;
  const peersOf = (id: HubId) => links.flatMap(([a, b]) => (a === id ? [b] : b === id ? [a] : []));
  const carried: string[] = [];
  const relays = new Map<HubId, Relay>();
  const received: { at: HubId; from: HubId; message: Message }[] = [];
  const senderOf = (self: HubId) => ({
    connected: (to: HubId) => peersOf(self).includes(to),
    silent: (to: HubId) => silent.has(`${self}>${to}`),
    send(to: HubId, message: Message): boolean {
      if (!peersOf(self).includes(to)) return false;
      carried.push(`${self}>${to}`);
      if (!swallowed.has(`${self}>${to}`)) queue.push({ from: self, to, message });
      return true;
    },
  });
  const queue: { from: HubId; to: HubId; message: Message }[] = [];
  const catalog = {
    links: () => published.map((origin) => ({ origin, record: { links: peersOf(origin).map((peer) => ({ peer })) } })),
  } as unknown as CatalogView;
  for (const id of new Set(links.flat())) {
    relays.set(id, new Relay({ self: id, catalog, metrics: new Metrics(), neighbours: () => peersOf(id) }));
  }
  const run = (): void => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { from, to, message } = next;
      if (message.kind !== "group-relay") {
        relays.get(to)?.heard(from, now);
        received.push({ at: to, from, message });
      } else {
        const inner = relays.get(to)?.receive(from, message, now, senderOf(to));
        if (inner) received.push({ at: to, ...inner });
      }
    }
  };
  const send = (from: HubId, to: HubId): boolean => {
    now += 200;
    const sent = (relays.get(from) as Relay).send("global", to, VOTED, senderOf(from));
    run();
    return sent;
  };
  const hand = (by: HubId, at: HubId, relayed: MessageOf<"group-relay">) => {
    queue.push({ from: by, to: at, message: relayed });
    run();
  };
  const later = (ms: number): void => {
    now += ms;
  };
  const ways = (from: HubId, to: HubId): string[] => {
    carried.length = 0;
    send(from, to);
    return [...carried];
  };
  const forget = (at: HubId, hubId: HubId): void => relays.get(at)?.forget(hubId);
  return { send, ways, hand, later, forget, carried, received, silent, swallowed };
}

test("RAFT-57: over a link that is there it goes by that; without one by a hub that is linked with the addressee", () => {
  const { send, carried, received } = network(
    [
      ["a", "b"],
      ["a", "c"],
      ["a", "d"],
      ["d", "z"],
    ],
    ["b", "c", "d"],
  );
  expect(send("a", "b")).toBe(true);
  for (let i = 0; i < 3; i++) expect(send("a", "z")).toBe(true);
  expect(carried).toEqual(["a>b", "a>d", "d>z", "a>d", "d>z", "a>d", "d>z"]);
  expect(received.at(-1)).toEqual({ at: "z", from: "a", message: VOTED });
});

test("RAFT-57: where no such hub is known, each way is tried in turn, never back", () => {
  const { send, carried } = network([
    ["a", "b"],
    ["a", "c"],
    ["b", "x"],
    ["c", "y"],
  ]);
  for (let i = 0; i < 4; i++) send("a", "z");
  expect(carried.filter((hop) => hop.startsWith("a>")).sort()).toEqual(["a>b", "a>b", "a>c", "a>c"]);
  expect(carried.filter((hop) => hop.endsWith(">a"))).toEqual([]);
});

test("RAFT-57: it goes four times at most, and a ring of hubs ends it", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const ring = ids.map((id, i) => [id, ids[(i + 1) % ids.length] as HubId] as const);
  const { send, carried } = network(ring);
  send("a", "nobody");
  expect(carried.length).toBeLessThanOrEqual(4);
  const chain = network([
    ["a", "b"],
    ["b", "c"],
    ["c", "d"],
    ["d", "e"],
    ["e", "f"],
  ]);
  chain.send("a", "e");
  chain.send("a", "f");
  expect(chain.received.map(({ at }) => at)).toEqual(["e", "f"]);
});

test("RAFT-57: without any way it says so", () => {
  const { send, carried } = network([["a", "b"]]);
  expect([send("b", "a"), send("a", "z"), carried]).toEqual([true, true, ["b>a", "a>b"]]);
  expect(network([["x", "y"]]).carried).toEqual([]);
  const relay = new Relay({
    self: "a",
    catalog: { links: () => [] } as unknown as CatalogView,
    metrics: new Metrics(),
    neighbours: () => [],
  });
  expect(relay.send("global", "z", VOTED, { connected: () => false, silent: () => false, send: () => true })).toBe(
    false,
  );
});

test("RAFT-57: what is inside must be a message, of that group's consensus, and no relay again", () => {
  const { hand, received } = network([["a", "b"]]);
  const relayed = (
    message: Message | null,
    more: Partial<MessageOf<"group-relay">> = {},
  ): MessageOf<"group-relay"> => ({
    kind: "group-relay",
    group: "global",
    from: "z",
    to: "b",
    hops: 1,
    message: message ? encode(messageCodec, message, NEWEST_VERSION) : new Uint8Array([250, 1, 2]),
    ...more,
  });
  hand("a", "b", relayed(null));
  hand("a", "b", relayed(relayed(VOTED)));
  hand("a", "b", relayed({ ...VOTED, group: "another" }));
  hand("a", "b", relayed(VOTED, { from: "b" }));
  expect(received).toEqual([]);
  hand("a", "b", relayed(VOTED));
  expect(received).toHaveLength(1);
});

const TRIANGLE: readonly (readonly [HubId, HubId])[] = [
  ["a", "b"],
  ["a", "c"],
  ["b", "c"],
];

test("RAFT-61: by a silent link nothing goes that others can take, and nothing but that is changed", () => {
  const { ways, silent } = network(TRIANGLE, ["a", "b", "c"]);
  silent.add("a>b");
  expect(ways("a", "b")).toEqual(["a>c", "c>b"]);
  expect(ways("a", "c")).toEqual(["a>c"]);
  silent.delete("a>b");
  expect(ways("a", "b")).toEqual(["a>b"]);
});

test("RAFT-61: nothing is handed to a hub whose link is silent; where all are, it goes by the link as ever", () => {
  const { ways, silent } = network([...TRIANGLE, ["a", "d"], ["b", "d"]], ["b", "c", "d"]);
  silent.add("a>b").add("a>c");
  for (let i = 0; i < 3; i++) expect(ways("a", "b")).toEqual(["a>d", "d>b"]);
  silent.add("a>d");
  expect(ways("a", "b")).toEqual(["a>b"]);
});

test("RAFT-61: a hub that hands on goes round a silent link too, and by it when there is no way round", () => {
  const square = [
    ["a", "b"],
    ["b", "z"],
    ["b", "c"],
    ["c", "z"],
  ] as const;
  const { ways, silent } = network(square, ["b", "c"]);
  silent.add("b>z");
  expect(ways("a", "z")).toEqual(["a>b", "b>c", "c>z"]);
  silent.add("b>c");
  expect(ways("a", "z")).toEqual(["a>b", "b>z"]);
});

test("RAFT-61: who is sent so what a link would have brought answers both ways, until the link is used again", () => {
  const { ways, send, silent, swallowed } = network(TRIANGLE, ["a", "b", "c"]);
  // What b says to a is lost on the way; what a says arrives.
  swallowed.add("b>a");
  silent.add("a>b");
  send("a", "b");
  expect(ways("b", "a").sort()).toEqual(["b>a", "b>c", "c>a"]);
  swallowed.delete("b>a");
  silent.delete("a>b");
  // a has not heard b by the link yet.
  expect(ways("a", "b").sort()).toEqual(["a>b", "a>c", "c>b"]);
  expect(ways("b", "a")).toEqual(["b>a"]);
  expect(ways("a", "b")).toEqual(["a>b"]);
});

test("RAFT-61: what comes round when the link has just brought the same is no sign, or two hubs would never come to an end", () => {
  const { ways, send, later, silent } = network(TRIANGLE, ["a", "b", "c"]);
  silent.add("a>b");
  send("a", "b");
  silent.delete("a>b");
  // b says it both ways: by the link it comes first.
  expect(ways("b", "a").sort()).toEqual(["b>a", "b>c", "c>a"]);
  expect(ways("a", "b")).toEqual(["a>b"]);
  later(60_000);
  expect([ways("b", "a"), ways("a", "b")]).toEqual([["b>a"], ["a>b"]]);
});

test("RAFT-61: a link that takes the place of another begins anew", () => {
  const { ways, send, silent, forget } = network(TRIANGLE, ["a", "b", "c"]);
  silent.add("a>b");
  send("a", "b");
  forget("b", "a");
  expect(ways("b", "a")).toEqual(["b>a"]);
});
