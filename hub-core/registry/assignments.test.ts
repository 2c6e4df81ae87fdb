import { expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { HubIdentity } from "../common/types.ts";
import { LEAST_MESSAGE_BYTES } from "../config/hub-config.ts";
import { encodeFrames } from "../wire/frame.ts";
import type { Message } from "../wire/messages.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { Assignments } from "./assignments.ts";
import { HubDirectory } from "./hub-directory.ts";
import { clusterRecord } from "./records.test-helper.ts";

const hub = (letter: string): HubIdentity => ({
  hubId: letter.repeat(128),
  tier: "local",
  region: "r",
  coordinates: { latitude: 0, longitude: 0 },
  parent: "p",
  address: "https://hub.example",
});

test("REG-47: clusters as large as they may be reach hubs with the least message size that may be configured", () => {
  const self = hub("a");
  const directory = new HubDirectory(self, 1, () => {});
  directory.setMember(hub("b"), 1, "alive", 0);
  const sent: Message[] = [];
  const out = { send: (_: string, message: Message) => sent.push(message) > 0 } as unknown as Outbox;
  const records = [9_000, 18_000, 14_000, 24_000, 100, 100].map((bytes, i) =>
    clusterRecord({
      clusterId: `${i}`.padStart(128, "c"),
      endpoints: Array.from({ length: 12 }, () => ({ url: "u".repeat(bytes / 12), weight: 1 })),
    }),
  );
  new Assignments(self, directory, new Metrics()).offer("adoption", hub("b").hubId, records, 0, out);
  const options = { version: NEWEST_VERSION, maxBytes: LEAST_MESSAGE_BYTES, compression: false };
  expect(encodeFrames(sent, options)).toMatchObject({ oversized: [], parted: [] });
  expect(sent.flatMap((message) => (message.kind === "assign" ? message.clusters.length : []))).toEqual([2, 1, 3]);
});
