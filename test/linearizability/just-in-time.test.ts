import { expect, test } from "vitest";
import { linearize } from "./just-in-time.ts";
import { queue, queueCalls, register, registerCalls } from "./textbook-models.test-helper.ts";

const ofRegister = (...lines: string[]) => linearize(registerCalls(...lines), register);
const ofQueue = (...lines: string[]) => linearize(queueCalls(...lines), queue);

test.each<[string, string[]]>([
  ["one after the other", ["|-w1-| |-r1-| |-w2-| |-r2-|"]],
  ["a read beside a write sees the value before", ["|----w1----|", "  |-r0-|"]],
  ["a read beside a write sees the value after", ["|----w1----|", "  |-r1-|"]],
  ["a long read sees the middle of three writes", ["|-w1-| |-w2-| |-w3-|", " |------r2-------|"]],
  ["overlapping writes settle either way", ["|---w1---| |-r1-|", "|---w2---|"]],
  ["what begins at the moment another ends overlaps it", ["|-w1-|", "     |-r0-|"]],
  ["a write without an answer that was seen", ["|-w1--------------", "    |-r0-| |-r1-|"]],
  ["a write without an answer that nobody saw", ["|-w1--------------", "    |-r0-| |-r0-|"]],
  ["equal writes without answers, each used once", ["|-w1-", "|-w1-", "|-r1-| |-w2-| |-r1-| |-w3-|"]],
])("register, accepted: %s", (_, lines) => {
  expect(ofRegister(...lines).kind).toBe("ordered");
});

test.each<[string, string[]]>([
  ["a stale read", ["|-w1-| |-w2-| |-r1-|"]],
  ["a read of the old value, a moment after the new one", ["|-w1-|", "      |-r0-|"]],
  ["a read of the future", ["|-r1-| |-w1-|"]],
  ["a value that nobody wrote", ["|-w1-| |-r2-|"]],
  ["the new value and then the old, both beside the write", ["|--------w1--------|", "  |-r1-| |-r0-|"]],
  ["two readers who disagree on the order of two writes", ["|---w1---|", "|---w2---|", "|-r1-| |-r2-|  |-r1-|"]],
  ["a write without an answer that was seen and is gone", ["|-w1--------------", "    |-r1-| |-r0-|"]],
  ["one write without an answer, used twice", ["|-w1-", "|-r1-| |-w2-| |-r1-|"]],
  ["a write without an answer, seen before it was asked for", ["      |-w1-", "|-r1-|"]],
])("register, rejected: %s", (_, lines) => {
  expect(ofRegister(...lines).kind).toBe("stuck");
});

// After figure 1 of Herlihy & Wing 1990, "Linearizability: A Correctness Condition for Concurrent Objects".
test.each<[string, boolean, string[]]>([
  ["q1", true, ["|--ex--|   |--dy--|     |--ez--|", "   |--ey--|       |--dx--|"]],
  ["q2", false, ["|-ex-|            |-dy-|", "      |-ey-| "]],
  ["q3", true, ["|------ex------|", "    |-dx-|"]],
  ["q4", false, ["|-ex-|  |-dy-| |-dy-|", "|-ey-|  "]],
])("queue %s of the paper", (_, accepted, lines) => {
  expect(ofQueue(...lines).kind).toBe(accepted ? "ordered" : "stuck");
});

test("the order that is found respects time and the model", () => {
  const calls = registerCalls("|----w1----|  |-w3-|", "  |-r0-| |-r1-|", " |----w2-");
  const ordering = linearize(calls, register);
  expect(ordering).toMatchObject({ kind: "ordered" });
  if (ordering.kind !== "ordered") return;
  const ops = ordering.order.map((call) => `${calls[call]?.op.kind[0]}${calls[call]?.op.value}`);
  expect(ops.filter((op) => op !== "w2")).toEqual(["r0", "w1", "r1", "w3"]);
});

test("what cannot be ordered is named, with what was open, the order before it and the state it ends in", () => {
  const calls = registerCalls("|-w1-| |-w2-|  |-r1-|", "              |---w3----|");
  const named = (call: number): string => `${calls[call]?.op.kind[0]}${calls[call]?.op.value}`;
  const ordering = linearize(calls, register);
  expect(ordering).toMatchObject({ kind: "stuck", state: 2 });
  if (ordering.kind !== "stuck") return;
  expect(named(ordering.call)).toBe("r1");
  expect(ordering.open.map(named)).toEqual(["w3"]);
  expect(ordering.order.map(named)).toEqual(["w1", "w2"]);
});

test("a search that outgrows its limit says so, and neither accepts nor rejects", () => {
  // Twelve overlapping writes of a register that reports no versions: any of their subsets can have gone before.
  const lines = Array.from({ length: 12 }, (_, index) => `|--w${index + 1}--|`.padEnd(12, " "));
  expect(linearize(registerCalls(...lines), register, 100).kind).toBe("undecided");
  expect(linearize(registerCalls(...lines), register).kind).toBe("ordered");
});

test("the work is in what overlaps, not in the length", () => {
  const work = (length: number): number => {
    const calls = Array.from({ length }, (_, index) => ({
      op: { kind: index % 2 ? ("read" as const) : ("write" as const), value: index - (index % 2) },
      invokedAt: index,
      returnedAt: index + 1.5,
    }));
    return linearize(calls, register).configurations;
  };
  expect(work(20_000) / work(2_000)).toBeLessThan(11);
});
