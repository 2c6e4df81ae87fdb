import { expect, test } from "vitest";
import { Metrics } from "../../hub-core/common/metrics.ts";
import type { HubIdentity } from "../../hub-core/common/types.ts";
import type { HubEvent } from "../../hub-core/hub/contract.ts";
import type { Dialler } from "./dial.ts";
import { PeerLinks } from "./peer-links.ts";
import { PeerTokens } from "./peer-token.ts";
import { ReplayGuard } from "./replay-guard.ts";

const PEER: HubIdentity = {
  hubId: "b",
  tier: "local",
  region: "r",
  coordinates: { latitude: 0, longitude: 0 },
  parent: "p",
  address: "https://b.example",
};

/** As a black hole has it: nothing comes until the caller gives up. */
const hang: Dialler = (request) =>
  new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(new Error("aborted"))));
const refuse: Dialler = () => Promise.resolve(new Response(null, { status: 502 }));

function linksThrough(ways: Dialler[], events: HubEvent[]): PeerLinks {
  return new PeerLinks({
    ctx: { getWebSockets: () => [] } as unknown as DurableObjectState,
    tokens: new PeerTokens({ federation: "f", key: "k".repeat(32), self: "a", region: "r" }),
    guard: new ReplayGuard(new Map()),
    remember: () => {},
    reach: () => ({ url: "https://b.example/peer/b", through: ways.shift() ?? hang }),
    maxSockets: 40,
    maxFrameBytes: 65_536,
    metrics: new Metrics(),
    log: () => {},
    emit: (event) => events.push(event),
  });
}

test("LINK-16: a dial takes the place of one that hangs, which ends without a word", async () => {
  const events: HubEvent[] = [];
  const links = linksThrough([hang, refuse], events);
  const first = links.dial(PEER, 60_000);
  await links.dial(PEER, 60_000);
  await first;
  expect(events).toEqual([{ kind: "dial-failed", peer: "b", reason: "unreachable" }]);
});

test("a dial that hangs for its whole time has timed out", async () => {
  const events: HubEvent[] = [];
  await linksThrough([hang], events).dial(PEER, 20);
  expect(events).toEqual([{ kind: "dial-failed", peer: "b", reason: "timeout" }]);
});
