/** Every migration that drizzle-kit has written, in order. A new one is added here; a test compares this with the journal. */
import initial from "./migrations/0000_initial.sql";
import outcomes from "./migrations/0001_outcomes.sql";
import consensus from "./migrations/0002_consensus.sql";
import votesOfReplicas from "./migrations/0003_votes_of_replicas.sql";
import commits from "./migrations/0004_commits.sql";
import type { Migration } from "./migrator.ts";

export const migrations: readonly Migration[] = [
  { tag: "0000_initial", sql: initial },
  { tag: "0001_outcomes", sql: outcomes },
  { tag: "0002_consensus", sql: consensus },
  { tag: "0003_votes_of_replicas", sql: votesOfReplicas },
  { tag: "0004_commits", sql: commits },
];
