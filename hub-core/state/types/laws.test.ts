import fc from "fast-check";
import { expect, test } from "vitest";
import { covers, EMPTY, join, type KeyState } from "./key-state.ts";
import { ACTORS, content, joined, OPERATIONS, type Operation, play, portrait, steps } from "./replicas.test-helper.ts";

const TYPES: readonly (readonly [string, readonly Operation[]])[] = [
  ["register, last writer wins", ["lww", "remove-all"]],
  ["register, multi-value", ["mv", "mv-blind", "remove-all"]],
  ["counter", ["count", "take", "clear", "remove-all"]],
  ["set", ["add", "remove", "remove-all"]],
  ["map", ["put", "nested-add", "nested-count", "remove-field", "remove-all"]],
  ["all types in one key", OPERATIONS],
];
const RUNS = { numRuns: 300 };

test.each(TYPES)("STATE-1: joins commute, associate and repeat without effect: %s", (_, operations) => {
  fc.assert(
    fc.property(steps(operations), steps(operations), (one, two) => {
      const [a, b, c] = play([...one, ...two]).states as [KeyState, KeyState, KeyState];
      expect(portrait(join(a, b))).toEqual(portrait(join(b, a)));
      expect(portrait(join(join(a, b), c))).toEqual(portrait(join(a, join(b, c))));
      expect(portrait(join(a, a))).toEqual(portrait(a));
      expect(portrait(join(join(a, b), b))).toEqual(portrait(join(a, b)));
      expect(portrait(join(a, EMPTY))).toEqual(portrait(a));
    }),
    RUNS,
  );
});

test.each(TYPES)(
  "STATE-1: deltas obey the same laws, any of them, though none is a whole state: %s",
  (_, operations) => {
    fc.assert(
      fc.property(steps(operations), fc.infiniteStream(fc.nat(2)), (script, dealt) => {
        const hands: KeyState[][] = [[], [], []];
        for (const delta of play(script).deltas) hands[dealt.next().value as number]?.push(delta);
        const [a, b, c] = hands.map(joined) as [KeyState, KeyState, KeyState];
        expect(portrait(join(a, b))).toEqual(portrait(join(b, a)));
        expect(portrait(join(join(a, b), c))).toEqual(portrait(join(a, join(b, c))));
        expect(portrait(join(a, a))).toEqual(portrait(a));
      }),
      RUNS,
    );
  },
);

test.each(TYPES)(
  "STATE-2: deltas in any order, some of them twice, give what whole states give: %s",
  (_, operations) => {
    fc.assert(
      fc.property(
        steps(operations).chain((script) => {
          const { deltas } = play(script);
          const twice = [...deltas, ...deltas];
          return fc.tuple(
            fc.constant(script),
            fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length }),
          );
        }),
        ([script, order]) => {
          const { states, deltas } = play(script);
          expect(content(joined(order))).toEqual(content(joined(states)));
          expect(portrait(joined(order))).toEqual(portrait(joined(deltas)));
        },
      ),
      RUNS,
    );
  },
);

test.each(TYPES)(
  "STATE-2: part of the deltas and the rest later, mixed with whole states, changes nothing: %s",
  (_, operations) => {
    fc.assert(
      fc.property(steps(operations), fc.infiniteStream(fc.boolean()), (script, coin) => {
        const { states, deltas } = play(script);
        const early = deltas.filter(() => coin.next().value);
        const whole = joined(states);
        expect(content(join(joined(early), whole))).toEqual(content(whole));
        expect(content(join(whole, joined(early)))).toEqual(content(whole));
      }),
      RUNS,
    );
  },
);

test.each(TYPES)(
  "STATE-3: the newest contribution of each writer is all there is to know of a key: %s",
  (_, operations) => {
    fc.assert(
      fc.property(steps(operations), (script) => {
        const { states, contributions } = play(script);
        const newest = ACTORS.flatMap((__, replica) =>
          contributions.filter((each) => each.replica === replica).slice(-1),
        );
        expect(content(joined(newest.map(({ state }) => state)))).toEqual(content(joined(states)));
        for (const { replica, state } of contributions) {
          const later = newest.find((each) => each.replica === replica)?.state ?? EMPTY;
          expect(covers(later, state)).toBe(true);
        }
      }),
      RUNS,
    );
  },
);

test.each(TYPES)("STATE-1: one state covers another exactly when joining it changes nothing: %s", (_, operations) => {
  fc.assert(
    fc.property(steps(operations), fc.nat(2), fc.nat(2), (script, i, k) => {
      const { states } = play(script);
      const [a, b] = [states[i] as KeyState, states[k] as KeyState];
      const same = JSON.stringify(portrait(join(a, b))) === JSON.stringify(portrait(a));
      expect(covers(a, b)).toBe(same);
    }),
    RUNS,
  );
});

test.each(TYPES)(
  "STATE-2: two peers that relay the same writes to a third, each in its own order, leave it as they are: %s",
  (_, operations) => {
    fc.assert(
      fc.property(
        steps(operations).chain((script) => {
          const { deltas } = play(script);
          const all = { minLength: deltas.length, maxLength: deltas.length };
          return fc.tuple(fc.shuffledSubarray([...deltas], all), fc.shuffledSubarray([...deltas], all));
        }),
        ([first, second]) => {
          let third = EMPTY;
          for (let i = 0; i < first.length; i++) {
            third = join(third, first[i] as KeyState);
            third = join(third, second[i] as KeyState);
          }
          expect(portrait(third)).toEqual(portrait(joined(first)));
          expect(portrait(joined(first))).toEqual(portrait(joined(second)));
        },
      ),
      RUNS,
    );
  },
);
