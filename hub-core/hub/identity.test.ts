import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import { Identity } from "./identity.ts";

const STORED = { incarnation: 4, seqCeiling: 64, firstStartedAt: 7, replica: 0 };

test("a hub stored before there were replica numbers draws one, and keeps it from then on", () => {
  const { replica } = new Identity(STORED, new Random(1), 1_000);
  expect(replica).toBeGreaterThan(0);
  expect(new Identity({ ...STORED, replica }, new Random(2), 2_000).replica).toBe(replica);
});

test("a hub that lost its storage is another replica", () => {
  const drawn = [1, 2, 3].map((seed) => new Identity(null, new Random(seed), 1_000).replica);
  expect(new Set(drawn).size).toBe(3);
});
