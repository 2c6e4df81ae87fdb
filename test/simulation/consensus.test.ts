import { expect, test } from "vitest";
import { parseCli } from "./cli-options.ts";
import { CONSENSUS_MARKS } from "./expected-marks.ts";
import { runSeed } from "./seed-worker.ts";

/** Groups in which leaders fall, replicas are lost and frames go astray: what `npm run simulate` says with these options. */
const STANDARD = [
  "--group 5 --minutes 3 --clusters 2 --state-writes 0 --exactly --every 4 --faults leader-isolation,freeze,loss,duplication",
  "--group 4 --minutes 4 --clusters 2 --state-writes 0 --exactly --every 8 --faults storage-loss,eviction,crash,leader-isolation",
  "--group 9 --minutes 3 --clusters 2 --state-writes 0 --exactly --every 10 --faults silent-death,isolation,partition,slow-links",
  "--hubs 9 --minutes 2 --state-writes 0 --faults all",
];

function outcomesOf(line: string, seeds: readonly number[]) {
  const options = parseCli(line.split(" "));
  if (typeof options === "string") throw new Error(options);
  return seeds.map((seed) => runSeed(options, seed).outcome);
}

test("groups keep their promises under faults of leaders, storage and frames, and every rare branch is reached", () => {
  const outcomes = STANDARD.flatMap((line) => outcomesOf(line, [1, 2, 3]));
  expect(outcomes.flatMap(({ failure }) => failure ?? [])).toEqual([]);
  const reached = new Set(outcomes.flatMap(({ marks }) => marks.map(([mark]) => mark)));
  expect(CONSENSUS_MARKS.filter((mark) => !reached.has(mark))).toEqual([]);
}, 600_000);
