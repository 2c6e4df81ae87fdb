import { expect, test } from "vitest";
import { type Check, MAX_CHECKS_AT_ONCE } from "../../hub-core/common/outbox.ts";
import { CheckSlots } from "./check-slots.ts";
import { realHubs } from "./hub-kind.ts";
import { flatGroup } from "./topology.ts";
import { World } from "./world.ts";

const CLUSTERS = 12;
const HUNG_MS = 1_000;

test("only so many checks run at once, the rest in the order they came, and of each cluster the newest", () => {
  const started: { check: Check; end: () => void }[] = [];
  const slots = new CheckSlots((check, ended) => started.push({ check, end: () => ended(() => {}) }));
  const submit = (clusterId: string, token = 1) => slots.submit({ clusterId, token, url: "", timeoutMs: 1 });
  for (let i = 0; i < MAX_CHECKS_AT_ONCE; i++) submit(`busy${i}`);
  submit("a");
  submit("b");
  submit("a", 2);
  expect(started).toHaveLength(MAX_CHECKS_AT_ONCE);
  for (const { end } of started.slice(0, 2)) end();
  expect(started.slice(-2).map(({ check }) => `${check.clusterId}${check.token}`)).toEqual(["a2", "b1"]);
});

test("REG-34: clusters that all hang at once are critical after their share of the slots, none for having waited for one", () => {
  const world = new World({ seed: 1, topology: flatGroup(1, "responsive"), kind: realHubs });
  const [hub] = world.hubs;
  if (!hub) throw new Error("a hub");
  let running = 0;
  let most = 0;
  world.answerCheck = (_, { timeoutMs }) => {
    running += 1;
    most = Math.max(most, running);
    world.clock.after(timeoutMs - 0.5, () => {
      running -= 1;
    });
    return { after: timeoutMs, outcome: { kind: "timeout" } };
  };
  world.start(hub);
  for (let i = 0; i < CLUSTERS; i++) {
    const healthCheck = { url: `http://c${i}.example/health`, intervalMs: 2_000, timeoutMs: HUNG_MS };
    const cluster = { clusterId: `c${i}`, region: hub.identity.region, endpoints: [], services: [], healthCheck };
    world.ask(hub, { kind: "cluster-register", cluster }, (reply) => expect(reply.ok).toBe(true));
  }
  const critical = () =>
    [...(world.inspect(hub)?.catalog.clusters() ?? [])].filter(({ record }) => record.state === "critical").length;
  // Two time-outs each make a state; the second look comes a second after the first.
  const rounds = 2 * Math.ceil(CLUSTERS / MAX_CHECKS_AT_ONCE);
  world.run(rounds * HUNG_MS + 1_500);
  expect(critical()).toBe(CLUSTERS);
  expect(most).toBe(MAX_CHECKS_AT_ONCE);
});
