import fc from "fast-check";
import { expect, test } from "vitest";
import { keyValueOperation } from "../state/strong/model.test-helper.ts";
import { briefly, del, grant, inside, put } from "../state/strong/operations.test-helper.ts";
import type { Applied, Configuration, Entry, Operation } from "../wire/log.ts";
import { configurationOf, freshState, Log, propose, START, vote } from "./group-state.test-helper.ts";
import type { GroupState } from "./group-state.ts";

const HUBS = ["a", "b", "c"];
const hub = fc.constantFrom(...HUBS, "stranger");
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: keyValueOperation },
  { weight: 1, arbitrary: fc.constant({ kind: "lapse" as const }) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        id: fc.constantFrom("p1", "p2", "p3", "p4", "p5"),
        kindOfProposal: fc.constantFrom("write" as const, "ballot" as const),
        key: fc.constantFrom("a", "b"),
        expect: fc.oneof(fc.constant(null), fc.record({ version: fc.nat(5) })),
        threshold: fc.constantFrom(0, 700_000, 1_000_000),
        timeoutMs: fc.constantFrom(1_000, 5_000),
        maxPending: fc.constantFrom(2, 100),
      })
      .map(({ id, ...more }) => propose(id, more)),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom("p1", "p2", "p3", "p4", "p5"),
        fc.constantFrom(...HUBS),
        fc.constantFrom("yes" as const, "no" as const),
      )
      .map(([id, voter, cast]) => vote(id, voter, cast, { reason: cast === "no" ? "é" : null })),
  },
);

const session = fc
  .record({
    hubId: hub,
    replica: fc.constantFrom(1, 1, 2),
    incarnation: fc.constantFrom(1, 1, 1, 2),
    seq: fc.integer({ min: 1, max: 12 }),
    back: fc.nat(6),
  })
  .map(({ back, ...rest }) => ({ ...rest, floor: Math.max(1, rest.seq - back) }));
const command = fc.record({
  session,
  operation,
  idempotency: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.record({ key: fc.constantFrom("i1", "i2"), request: fc.constantFrom("r1", "r2") }) },
  ),
});
const configuration: fc.Arbitrary<Configuration> = fc.constantFrom(
  configurationOf(["a", "b", "c"]),
  configurationOf(["a"]),
  configurationOf(["a", "b"], { outgoing: ["b", "c"], threshold: 1_000_000 }),
);
const body: fc.Arbitrary<Entry["body"]> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(command, { maxLength: 6 }).map((commands) => ({ kind: "commands" as const, commands })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "noop" as const }) },
  { weight: 1, arbitrary: configuration.map((one) => ({ kind: "configuration" as const, configuration: one })) },
);
const log = fc.array(fc.record({ body, after: fc.constantFrom(0, 100, 1_500) }), { maxLength: 25 });
type Written = readonly { readonly body: Entry["body"]; readonly after: number }[];

/** Applies all, and calls `between` after each. */
function build(state: GroupState, written: Written, between: (index: number) => GroupState = () => state): Applied[] {
  let [now, at, index, inForce] = [state, START, 0, configurationOf(HUBS)];
  return written.flatMap((entry) => {
    at += entry.after;
    index += 1;
    if (entry.body.kind === "configuration") inForce = entry.body.configuration;
    const applied = now.apply({ term: 1, at, body: entry.body }, { index, term: 1, at, configuration: inForce });
    now = between(index);
    return [...applied];
  });
}

test("STRONG-13: equal entries give equal bytes, hash and replies, whether whole or by way of a snapshot after every one", () => {
  fc.assert(
    fc.property(log, (written) => {
      const whole = freshState();
      const replies = build(whole, written);
      let last = freshState();
      const split = build(last, written, () => {
        const data = last.encode();
        last = freshState();
        last.restore(data);
        expect(last.encode()).toEqual(data);
        return last;
      });
      expect(split).toStrictEqual(replies);
      expect(last.encode()).toEqual(whole.encode());
      expect(last.hash).toBe(whole.hash);
      expect(last.nextLapse()).toBe(whole.nextLapse());
      expect(last.usage()).toEqual(whole.usage());
      for (const voter of HUBS) expect(last.verdicts(voter)).toEqual(whole.verdicts(voter));
      for (const { session: of } of replies) expect(last.outcome(of)).toStrictEqual(whole.outcome(of));
    }),
    { numRuns: 150 },
  );
});

test("STRONG-13: what differs in an entry, in its order or in its effect shows in the hash, and goes on showing", () => {
  const hashOf = (...operations: Operation[]): number => {
    const one = new Log();
    for (const each of operations) one.run(each);
    for (let i = 0; i < 20; i++) one.run(put("same", i));
    return one.state.hash;
  };
  const hashes = [
    hashOf(put("a", 1), put("b", 2)),
    hashOf(put("b", 2), put("a", 1)),
    hashOf(put("a", 1), put("b", 3)),
    hashOf(put("a", 1), del("b")),
    hashOf(put("a", 1)),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashOf(put("a", 1), put("b", 2))).toBe(hashes[0]);
  const diverged = freshState();
  diverged.restore(new Log().state.encode());
  diverged.keyValues.apply(put("a", 1), START);
  for (const next of [put("a", 1, { expect: { version: 0 } }), put("b", 1)]) {
    const sound = new Log();
    const broken = new Log({ state: freshState() });
    broken.state.restore(diverged.encode());
    for (const one of [sound, broken]) one.run(next);
    expect(broken.state.hash).not.toBe(sound.state.hash);
  }
});

test("STRONG-13: a state that cannot be read leaves everything as it was", () => {
  const one = new Log();
  one.run(put("k", 1), { key: "i" });
  one.run(propose("p"));
  one.run(vote("p", "a", "yes", { reason: "because" }));
  const bytes = one.state.encode();
  const other = new Log();
  other.run(put("other", 1));
  const before = other.state.encode();
  for (let length = 0; length < bytes.length; length++) {
    expect(() => other.state.restore(bytes.subarray(0, length))).toThrow();
  }
  expect(() => other.state.restore(new Uint8Array([...bytes, 0]))).toThrow("1 bytes left over");
  expect(() => other.state.restore(new Uint8Array([9, ...bytes.subarray(1)]))).toThrow("format 9");
  expect(other.state.encode()).toEqual(before);
  expect(other.state.hash).not.toBe(one.state.hash);
  other.state.restore(bytes);
  expect(other.state.encode()).toEqual(bytes);
});

test("STRONG-8: leases end with the first entry at or past their time, before its commands; a lapse is enough", () => {
  const one = new Log();
  one.run(grant("l", 2_000));
  one.run(put("k", 1, { lease: "l" }));
  expect(one.state.nextLapse()).toBe(START + 2_000);
  expect(briefly(one.later(2_000).run({ kind: "lease-renew", lease: "l" }))).toBe("404 lease_unknown");
  expect(briefly(one.state.keyValues.get("k"))).toBe("404 key_unknown");
  one.run(grant("m", 2_000));
  one.run(put("k", 1, { lease: "m" }));
  expect(inside(one.later(2_000).run({ kind: "lapse" }))).toEqual({ revision: 4, group: "global" });
});

test("STRONG-9: the first entry of a term gives leases their time again before any can end", () => {
  const one = new Log();
  one.run(grant("l", 2_000));
  one.run(put("k", 1, { lease: "l" }));
  one.later(3_600_000).noop();
  expect(briefly(one.state.keyValues.get("k"))).toBe("200");
  expect(one.state.nextLapse()).toBe(START + 3_602_000);
});
