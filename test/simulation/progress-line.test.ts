import { expect, test } from "vitest";
import { ProgressLine } from "./progress-line.ts";

function lineTo(written: string[], terminal: boolean, seeds = 1): ProgressLine {
  return new ProgressLine({ hubs: 10, seeds, terminal, write: (text) => written.push(text) }, 0);
}

test("where nobody watches, nothing is said before five seconds, then a line every ten", () => {
  const written: string[] = [];
  const line = lineTo(written, false);
  for (let now = 0; now < 26_000; now += 250)
    line.progressed(7, { phase: "trouble", simulatedMs: 2 * now, fraction: 0.5 }, now);
  expect(written).toHaveLength(3);
  expect(written[0]).toBe("seed 7 trouble 50 % (0.2 virtual minutes)   ETA 0:05   20 hub-seconds/s\n");
});

test("on a terminal the line is drawn over itself, and makes room for results", () => {
  const written: string[] = [];
  const line = lineTo(written, true, 4);
  line.progressed(1, { phase: "formation", simulatedMs: 1_000, fraction: 0 }, 1_000);
  line.finished(1, 120_000);
  line.progressed(2, { phase: "trouble", simulatedMs: 60_000, fraction: 0.5 }, 6_000);
  expect(written[0]).toContain("\r");
  expect(written[0]).toContain("ETA unknown");
  expect(written[1]).toBe("\r\u001b[K");
  expect(written[2]).toContain("1 of 4 seeds   seed 2 trouble 50 %");
  expect(written[2]).toContain("ETA 0:10");
});
