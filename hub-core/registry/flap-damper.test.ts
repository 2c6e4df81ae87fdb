import fc from "fast-check";
import { expect, test } from "vitest";
import { FLAP_BURST, FlapDamper, SETTLING_CHANGES, SETTLING_MS } from "./flap-damper.ts";

const WINDOW = 30_000;

test("REG-35: a cluster that toggles every second tells at most its burst plus one change per window", () => {
  const damper = new FlapDamper(WINDOW, 0);
  let shown = true;
  let changes = 0;
  for (let now = 1_000; now <= 3_600_000; now += 1_000) {
    const well = (now / 1_000) % 2 === 0;
    if (well === shown || (well && !damper.mayImprove(now))) continue;
    damper.spend(now);
    shown = well;
    changes += 1;
  }
  expect(changes).toBeLessThanOrEqual(FLAP_BURST + SETTLING_CHANGES + 3_600_000 / WINDOW);
  expect(changes).toBeGreaterThan(100);
});

test("REG-35: however it flaps, changes stay within burst + time / window", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.boolean())), (steps) => {
      const damper = new FlapDamper(WINDOW, 0);
      let [now, changes, shown] = [0, 0, true];
      for (const [wait, well] of steps) {
        now += wait;
        if (well === shown || (well && !damper.mayImprove(now))) continue;
        damper.spend(now);
        shown = well;
        changes += 1;
      }
      expect(changes).toBeLessThanOrEqual(FLAP_BURST + SETTLING_CHANGES + now / WINDOW);
    }),
  );
});

test("REG-35: an improvement that is held back is let through when the damper said", () => {
  const damper = new FlapDamper(WINDOW, 0);
  for (let i = 0; i < FLAP_BURST; i++) damper.spend(SETTLING_MS);
  expect(damper.mayImprove(SETTLING_MS)).toBe(false);
  const at = damper.improvesAt(SETTLING_MS);
  expect(damper.mayImprove(at - 1)).toBe(false);
  expect(damper.mayImprove(at)).toBe(true);
});

test("REG-35: one worsening and its end, while the owner settles in, leave the cluster all of its burst", () => {
  const damper = new FlapDamper(WINDOW, 0);
  for (let i = 0; i < SETTLING_CHANGES; i++) damper.spend(3_000);
  for (let i = 0; i < FLAP_BURST - 2; i++) damper.spend(4_000);
  expect(damper.mayImprove(4_000)).toBe(true);
  damper.spend(4_000);
  expect(damper.mayImprove(4_000)).toBe(false);
});
