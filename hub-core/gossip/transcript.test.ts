/** A story to be read: transcript.txt is what five hubs say to each other, and a change of it is a change of behaviour. */
import { expect, test } from "vitest";
import type { Message } from "../wire/messages.ts";
import { VirtualGroup } from "./testing/virtual-group.ts";

function told(message: Message): string | null {
  switch (message.kind) {
    case "gossip-push":
      return `push   ${message.rumors.map(({ rumor, hops, gap }) => `${rumor.key} hops=${hops} gap=${gap}`).join(", ")}`;
    case "gossip-have":
      return `have   ${message.origins.map(({ origin, seqs }) => `${seqs.join()}@${origin}`).join(", ")}`;
    case "gossip-graft":
      return `graft  ${message.ids.map(({ origin, seq }) => `${seq}@${origin}`).join(", ")}`;
    case "gossip-prune":
      return `prune  ${message.origins.join(", ")}`;
    case "gossip-digest":
      return "digest";
    case "gossip-vector":
      return `vector ${message.entries.map(({ origin, upTo }) => `${origin}:${upTo}`).join(", ")}`;
    case "gossip-want":
      return `want   ${message.entries.map(({ origin, upTo }) => `${origin}:${upTo}`).join(", ")}`;
    case "gossip-range":
      return `range  ${message.origin} (${message.after}, ${message.upTo}] ${message.rumors.map(({ rumor }) => rumor.key).join(", ")}`;
    default:
      return null;
  }
}

test("GOSSIP-2 GOSSIP-4 GOSSIP-5 GOSSIP-21: five hubs flood, prune to a tree, use it, lose a link and graft another", () => {
  const lines: string[] = [];
  let chapter = 0;
  const group = new VirtualGroup({
    size: 5,
    config: { antiEntropyIntervalMs: 10_000_000 },
    weather: { delay: () => 10 },
    onTraffic: ({ at, from, to, message }) => {
      const line = told(message);
      if (line) lines.push(`${String(Math.round(at - chapter)).padStart(5)} ms  ${from} > ${to}  ${line}`.trimEnd());
    },
  });
  const begin = (title: string): void => {
    if (lines.length > 0) lines.push("");
    lines.push(`# ${title}`);
    chapter = group.now;
  };
  const rumor = (hub: number, key: string): void => {
    group.hub(hub).publish(key);
    group.run(1_500);
  };

  begin("A ring of five with one chord, 10 ms per link: each link is greeted with one digest.");
  for (const [a, b] of [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 0],
    [1, 3],
  ] as const)
    group.link(a, b);
  group.run(1_500);
  begin(
    "The first rumor of hub-00 floods every link; where it was here already the link is pruned, from both its ends.",
  );
  rumor(0, "first");
  begin("The second uses the tree: four pushes for four hubs, and ids over the two pruned links.");
  rumor(0, "second");
  begin("Another origin has another tree.");
  rumor(3, "other");
  rumor(3, "another");
  begin("A link of both trees is lost. The next rumor is announced to the hub behind it, which grafts a lazy link.");
  group.cut(0, 1);
  rumor(0, "third");
  begin("The grafted link belongs to the tree now.");
  rumor(0, "fourth");
  begin("Two updates while hub-02 is alone, then its link opens again: a digest, a vector, one range.");
  group.cut(1, 2);
  group.cut(2, 3);
  group.hub(0).publish("seventh");
  rumor(0, "eighth");
  group.link(2, 3);
  group.run(1_500);

  expect(new Set(group.hubs.map(({ store }) => store.digest().join())).size).toBe(1);
  return expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("./transcript.txt");
});
