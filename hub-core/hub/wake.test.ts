import { expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { StepEffects } from "./effects.ts";
import type { Links } from "./links.ts";
import { Wake } from "./wake.ts";

/** When the timer is set to, after the wake was armed for each deadline in turn; null where it was left as it was. */
function settings(wake: Wake, deadlines: readonly number[]): (number | null)[] {
  return deadlines.map((deadline) => {
    // No link is used by what sets a timer.
    const out = new StepEffects({} as Links, new Metrics(), 0);
    wake.arm(deadline, out);
    const [effect] = out.finish();
    return effect?.kind === "set-timer" ? effect.at : null;
  });
}

test("HUB-9: an earlier deadline moves the timer, one a little later leaves it, one much later takes it along", () => {
  expect(settings(new Wake(), [5_000, 5_000, 5_099, 4_900, 5_000, 5_050])).toEqual([
    5_000,
    null,
    null,
    4_900,
    5_000,
    null,
  ]);
});

test("HUB-3: only the timer that was armed last counts, and once", () => {
  const wake = new Wake();
  settings(wake, [5_000, 9_000]);
  expect([wake.accept(1), wake.accept(2), wake.accept(2)]).toEqual([false, true, false]);
});
