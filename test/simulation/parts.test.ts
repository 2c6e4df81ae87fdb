import { expect, test } from "vitest";
import { speech, type TalkerMachine, talkers } from "./talker-machine.test-helper.ts";
import { flatGroup } from "./topology.ts";
import { World } from "./world.ts";

const total = (machines: readonly TalkerMachine[], metric: string, reason?: string): number =>
  machines
    .flatMap(({ metrics }) => metrics.counters())
    .filter(({ name, labels }) => name === metric && (reason === undefined || labels.reason === reason))
    .reduce((sum, { value }) => sum + value, 0);

test.each([1, 2])(
  "LINK-18: seed %i: on a network that loses, repeats and delays frames, under hubs that restart, what is long comes whole or not at all",
  (seed) => {
    const made: TalkerMachine[] = [];
    const kind: typeof talkers = {
      ...talkers,
      create: (options, now) => {
        const machine = talkers.create(options, now);
        made.push(machine);
        return machine;
      },
    };
    const world = new World({ seed, topology: flatGroup(3, "responsive"), kind, delay: () => 20 });
    for (const hub of world.hubs) world.start(hub);
    world.run(3_000);
    const before = made.reduce((sum, { heard }) => sum + heard.length, 0);
    expect(total(made, "federation_message_parts_dropped_total")).toBe(0);
    expect(before).toBeGreaterThan(20);

    world.network.paths.frames = { loss: 0.03, duplication: 0.03, reordering: 0.05, reorderMs: 60 };
    for (let i = 0; i < 20; i++) {
      world.run(2_000);
      const struck = world.hubs[i % world.hubs.length];
      if (struck) world.evict(struck);
    }
    for (const machine of made) {
      for (const each of machine.heard) {
        const { message, ...rest } = speech(each.from, each.to, each.hops);
        expect(each).toMatchObject(rest);
        expect(Buffer.compare(each.message, message)).toBe(0);
      }
    }
    expect(total(made, "federation_messages_parted_total")).toBeGreaterThan(100);
    expect(total(made, "federation_message_parts_dropped_total")).toBeGreaterThan(10);
    expect(total(made, "federation_frames_rejected_total", "undecodable")).toBe(0);
  },
);
