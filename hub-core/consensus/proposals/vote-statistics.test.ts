import { expect, test } from "vitest";
import { configurationOf, Log, propose, START, vote } from "../group-state.test-helper.ts";
import { LATENCIES_KEPT, MAX_VOTERS_RECORDED } from "../limits.ts";

const statistics = (log: Log) => log.state.proposals.statistics.answers("global");

test("VOTE-15: of each voter: yes, no, missed, the median latency and the last vote", () => {
  const log = new Log();
  log.run(propose("p"));
  log.later(100).run(vote("p", "b", "yes"), { hub: "b" });
  log.run(vote("p", "b", "yes"), { hub: "b" });
  log.later(200).run(vote("p", "a", "yes"), { hub: "a" });
  log.run(propose("q", { timeoutMs: 1_000 }));
  log.later(500).run(vote("q", "b", "no"), { hub: "b" });
  log.later(600).run({ kind: "lapse" });
  log.run(propose("decided at once", { kindOfProposal: "write" }));
  const last = (proposal_id: string, cast: string, after: number) => ({
    proposal_id,
    vote: cast,
    at: new Date(START + after).toISOString(),
  });
  expect(statistics(log)).toEqual([
    {
      hub_id: "a",
      group: "global",
      yes: 1,
      no: 0,
      missed: 1,
      median_latency_ms: 300,
      last_vote: last("p", "yes", 300),
    },
    { hub_id: "b", group: "global", yes: 1, no: 1, missed: 0, median_latency_ms: 100, last_vote: last("q", "no", 800) },
    { hub_id: "c", group: "global", yes: 0, no: 0, missed: 2, median_latency_ms: null, last_vote: null },
  ]);
});

test("VOTE-15: the median is of the latest votes, and voters have a bound", () => {
  const log = new Log({ configuration: configurationOf(["a"]) });
  for (let i = 0; i < LATENCIES_KEPT + 60; i++) {
    log.run(propose(`p${i}`));
    log.later(i < 60 ? 5_000 : 7).run(vote(`p${i}`, "a", "yes"), { hub: "a" });
  }
  expect(statistics(log)).toMatchObject([{ yes: LATENCIES_KEPT + 60, median_latency_ms: 7 }]);
  for (let i = 0; i < MAX_VOTERS_RECORDED; i++) {
    log.configuration = configurationOf([`v${i}`]);
    log.run(propose(`q${i}`));
    log.run(vote(`q${i}`, `v${i}`, "no"), { hub: `v${i}` });
  }
  expect(statistics(log)).toHaveLength(MAX_VOTERS_RECORDED);
  expect(statistics(log).some(({ hub_id: hub }) => hub === "a")).toBe(false);
});
