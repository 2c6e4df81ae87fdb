import fc from "fast-check";
import { expect, test } from "vitest";
import { briefly, inside, put } from "../state/strong/operations.test-helper.ts";
import type { Command, Session } from "../wire/log.ts";
import { freshState, Log } from "./group-state.test-helper.ts";
import { MAX_OUTCOME_BYTES, MAX_OUTSTANDING, MAX_SESSIONS } from "./limits.ts";
import { Sessions } from "./sessions.ts";

const session = (seq: number, floor = 1, incarnation = 1, hubId = "a"): Session => ({
  hubId,
  replica: 1,
  incarnation,
  seq,
  floor,
});
const write = (of: Session): Command => ({ session: of, idempotency: null, operation: put(`k${of.seq}`, of.seq) });

test("SESS-1: a command that comes again gets its first reply, and changes nothing", () => {
  const log = new Log();
  const first = log.append([write(session(1))])[0];
  expect(briefly(first?.reply)).toBe("201");
  log.append([write(session(2)), write(session(3))]);
  expect(log.append([write(session(1)), write(session(1))]).map(({ reply }) => reply)).toEqual([
    first?.reply,
    first?.reply,
  ]);
  expect(log.state.keyValues.revision).toBe(3);
  const restored = freshState();
  restored.restore(log.state.encode());
  const after = new Log({ state: restored });
  expect(restored.outcome(session(1))).toEqual(first?.reply);
  expect(after.append([write(session(1))])[0]?.reply).toEqual(first?.reply);
  expect(restored.keyValues.revision).toBe(3);
  expect(restored.outcome(session(4))).toBeUndefined();
  expect(restored.outcome(session(1, 1, 2))).toBeUndefined();
});

test("SESS-1: in whatever order and however often commands come, each is applied once, or not at all when it was settled", () => {
  // Commands as a hub makes them: `seq` goes up by one, and the floor never goes back.
  const made = fc
    .array(fc.record({ restart: fc.nat(9).map((n) => n === 0), raise: fc.nat(3) }), { minLength: 1, maxLength: 20 })
    .map((steps) => {
      let [incarnation, seq, floor] = [1, 0, 1];
      return steps.map(({ restart, raise }) => {
        if (restart) [incarnation, seq, floor] = [incarnation + 1, 0, 1];
        seq += 1;
        floor = Math.min(seq, floor + raise);
        return write({ hubId: "a", replica: 1, incarnation, seq, floor });
      });
    });
  const logged = made.chain((commands) => fc.array(fc.constantFrom(...commands), { maxLength: 60 }));
  fc.assert(
    fc.property(logged, (commands) => {
      const log = new Log();
      const first = new Map<string, unknown>();
      let [incarnation, floor, applied] = [0, 0, 0];
      for (const command of commands) {
        const { reply } = log.append([command])[0] as { reply: unknown };
        const { session: of } = command;
        const name = `${of.incarnation}/${of.seq}`;
        if (of.incarnation < incarnation) expect(reply).toMatchObject({ problem: { code: "superseded" } });
        else {
          if (of.incarnation > incarnation) [incarnation, floor] = [of.incarnation, 0];
          floor = Math.max(floor, of.floor);
          if (of.seq < floor) expect(reply).toMatchObject({ problem: { code: "outcome_unknown" } });
          else if (first.has(name)) expect(reply).toStrictEqual(first.get(name));
          else {
            applied += 1;
            first.set(name, reply);
          }
        }
        expect(log.state.keyValues.revision).toBe(applied);
      }
    }),
    { numRuns: 300 },
  );
});

test("SESS-2: what a hub sent before it started anew is refused, and never applied", () => {
  const log = new Log();
  log.append([write(session(7, 7, 2))]);
  expect(briefly(log.append([write(session(8, 7, 1))])[0]?.reply)).toBe("409 superseded");
  expect(log.state.keyValues.revision).toBe(1);
  expect(briefly(log.append([write(session(1, 1, 3))])[0]?.reply)).toBe("201");
  expect(briefly(log.append([write(session(8, 7, 2))])[0]?.reply)).toBe("409 superseded");
  expect(log.state.keyValues.revision).toBe(2);
});

test("SESS-2: a hub that lost its storage counts from one again, and none of its commands is taken for one of before", () => {
  const sessions = new Sessions();
  for (const replica of [1, 2]) {
    const first = { ...session(1, 1, 3), replica };
    expect(sessions.begin(first)).toBeUndefined();
    sessions.settle(first, JSON.stringify(replica));
  }
  expect(sessions.begin({ ...session(1, 1, 1), replica: 2 })).toMatchObject({ problem: { code: "superseded" } });
  expect(sessions.outcome({ ...session(1, 1, 3), replica: 1 })).toBe(1);
  expect(sessions.outcome({ ...session(1, 1, 3), replica: 2 })).toBe(2);
});

test("SESS-3: what is settled is not applied, and its reply is not kept", () => {
  const log = new Log();
  for (const seq of [1, 2, 3]) log.append([write(session(seq))]);
  const bytes = log.state.usage().outcome_bytes.used;
  log.append([write(session(5, 3))]);
  expect(log.state.outcome(session(2))).toBeUndefined();
  expect(briefly(log.state.outcome(session(3)))).toBe("201");
  expect(log.state.usage().outcome_bytes.used).toBeLessThan(bytes);
  expect(briefly(log.append([write(session(2))])[0]?.reply)).toBe("504 outcome_unknown");
  expect(briefly(log.append([write(session(4))])[0]?.reply)).toBe("201");
  expect(log.state.keyValues.revision).toBe(5);
});

test("SESS-4: past its outstanding commands a hub's command is refused, and so is every copy of it", () => {
  const log = new Log();
  log.append([write(session(MAX_OUTSTANDING))]);
  expect(briefly(log.append([write(session(MAX_OUTSTANDING + 1))])[0]?.reply)).toBe("429 too_many_commands");
  expect(briefly(log.append([write(session(MAX_OUTSTANDING + 2, 3))])[0]?.reply)).toBe("201");
  expect(briefly(log.append([write(session(MAX_OUTSTANDING + 1))])[0]?.reply)).toBe("429 too_many_commands");
  expect(log.state.keyValues.revision).toBe(2);
});

test("SESS-4: the session that wrote longest ago gives way, and replies have a bound in bytes", () => {
  const sessions = new Sessions();
  const settle = (seq: number, hub: string) => {
    expect(sessions.begin(session(seq, 1, 1, hub))).toBeUndefined();
    sessions.settle(session(seq, 1, 1, hub), "1");
  };
  for (let i = 0; i < MAX_SESSIONS; i++) settle(1, `hub-${i}`);
  settle(2, "hub-0");
  settle(1, "one more");
  expect([sessions.size, sessions.bytes]).toEqual([MAX_SESSIONS, MAX_SESSIONS + 1]);
  expect(sessions.outcome(session(1, 1, 1, "hub-0"))).toBe(1);
  expect(sessions.outcome(session(1, 1, 1, "hub-1"))).toBeUndefined();
  expect(sessions.outcome(session(1, 1, 1, "hub-2"))).toBe(1);
});

test("SESS-4: at the limit of bytes the oldest replies of who wrote longest ago are settled, and none of them is applied again", () => {
  const sessions = new Sessions();
  const reply = JSON.stringify("x".repeat(250_000));
  const settle = (seq: number, hub: string) => {
    expect(sessions.begin(session(seq, 1, 1, hub))).toBeUndefined();
    sessions.settle(session(seq, 1, 1, hub), reply);
    expect(sessions.bytes).toBeLessThanOrEqual(MAX_OUTCOME_BYTES);
  };
  for (const seq of [2, 1, 3]) settle(seq, "old");
  for (let seq = 1; seq <= 31; seq++) settle(seq, "busy");
  expect(sessions.outcome(session(1, 1, 1, "old"))).toBeUndefined();
  expect(sessions.outcome(session(3, 1, 1, "old"))).toBeDefined();
  expect(sessions.begin(session(1, 1, 1, "old"))).toMatchObject({ problem: { code: "outcome_unknown" } });
  for (let seq = 33; seq <= 80; seq++) settle(seq, "busy");
  expect(sessions.outcome(session(80, 1, 1, "busy"))).toBeDefined();
  expect(sessions.outcome(session(33, 1, 1, "busy"))).toBeUndefined();
  expect(sessions.begin(session(32, 1, 1, "busy"))).toMatchObject({ problem: { code: "outcome_unknown" } });
});

test("SESS-5: a retry with the same Idempotency-Key gets the first reply from whatever hub, and applies nothing", () => {
  const log = new Log();
  const first = log.run(put("k", 1), { hub: "a", key: "once" });
  expect(log.run(put("k", 1), { hub: "b", key: "once" })).toEqual(first);
  expect(briefly(log.run(put("k", 2), { hub: "a", key: "once" }))).toBe("422 idempotency_key_reused");
  const refusal = log.run(put("k", 1, { expect: { version: 0 } }), { hub: "a", key: "twice" });
  log.run({ kind: "delete", key: "k", expect: null, fence: null });
  expect(log.run(put("k", 1, { expect: { version: 0 } }), { hub: "c", key: "twice" })).toEqual(refusal);
  expect(log.state.keyValues.revision).toBe(2);
  log.later(24 * 3_600_000);
  expect(inside(log.run(put("k", 3), { hub: "a", key: "once" })).revision).toBe(3);
});
