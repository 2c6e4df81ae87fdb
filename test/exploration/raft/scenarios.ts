/** The small groups that are explored, and how much may happen in each. */
import type { HubId } from "../../../hub-core/common/types.ts";
import type { Renaming } from "./canonical.ts";

export interface Scenario {
  readonly name: string;
  readonly idea: string;
  /** Those that are there at the beginning, as they start again; who has no log is no member yet. */
  readonly beginning: readonly Start[];
  /** A candidate for a later one does not start. */
  readonly lastTerm: number;
  readonly proposals: number;
  /** Whose commands they are: acknowledgements go to a follower whose command it is, too. */
  readonly proposer: "leader" | "follower";
  readonly change: Change;
  /** Starts from what is stored. */
  readonly crashes: number;
  readonly duplicates: number;
  /** Time-outs of leaders. */
  readonly heartbeats: number;
  readonly transfers: number;
  /** `at-once`: who stands has asked whether it would be elected, and nothing happens meanwhile. */
  readonly preVote: "at-once" | "step-by-step";
  /** Time-outs of those who do not lead, while pre-votes go step by step; when they do not, terms are the bound. */
  readonly timeouts: number;
  /** Messages on their way from one to another at a time; of more, any may be the one that is lost. */
  readonly perLink: number;
  readonly entriesPerAppend: number;
  /** Also messages that nobody will heed: else they are taken away, which is so for a machine that does not heed them. */
  readonly keepSpent: boolean;
  readonly renamings: readonly Renaming[];
}

export interface Start {
  readonly term: number;
  readonly votedFor: HubId | null;
  /** Terms of its entries; the first is the founder's, and says who votes. */
  readonly log: readonly number[];
}

/** One change and what follows from it: a newcomer learns and is promoted; the third goes; all but the first go. */
export type Change = "none" | "add" | "remove" | "shrink";

export const AS_THEY_ARE: readonly Renaming[] = [[0, 1, 2, 3]];
/**
 * Voters are interchangeable while nobody is between asking and standing (who asks yields in the order of the configuration), and no
 * leader is removed (it passes on to the first of those that are furthest).
 */
const ANY_VOTERS: readonly Renaming[] = [
  [0, 1, 2, 3],
  [0, 2, 1, 3],
  [1, 0, 2, 3],
  [1, 2, 0, 3],
  [2, 0, 1, 3],
  [2, 1, 0, 3],
];

const VOTER: Start = { term: 1, votedFor: null, log: [1] };
const STRANGER: Start = { term: 0, votedFor: null, log: [] };

export const PLAIN: Scenario = {
  name: "plain",
  idea: "three voters, two elections",
  beginning: [VOTER, VOTER, VOTER],
  lastTerm: 3,
  proposals: 0,
  proposer: "leader",
  change: "none",
  crashes: 0,
  duplicates: 0,
  heartbeats: 0,
  transfers: 0,
  preVote: "at-once",
  timeouts: 0,
  perLink: 1,
  entriesPerAppend: 1,
  keepSpent: false,
  renamings: ANY_VOTERS,
};

/** Raft figure 8 at (c), of three: entries of term 2 are on A alone, one of term 3 is on C alone. */
export const FIGURE_8: Scenario = {
  ...PLAIN,
  name: "figure-8",
  idea: "entries of earlier terms that no majority has, and two more elections",
  beginning: [
    { term: 3, votedFor: null, log: [1, 2, 2] },
    { term: 3, votedFor: "C", log: [1] },
    { term: 3, votedFor: "C", log: [1, 3] },
  ],
  lastTerm: 5,
  renamings: AS_THEY_ARE,
};

/** A few seconds each, or less. */
export const SMALL: readonly Scenario[] = [
  { ...PLAIN, name: "one-election", idea: "one election and a command", lastTerm: 2, proposals: 1 },
  PLAIN,
  { ...PLAIN, name: "restarts", idea: "one election, a command, two restarts", lastTerm: 2, proposals: 1, crashes: 2 },
  {
    ...PLAIN,
    name: "commands",
    idea: "a follower's command, so followers count for themselves",
    proposals: 1,
    proposer: "follower",
  },
  FIGURE_8,
  {
    ...PLAIN,
    name: "late",
    idea: "one election, a command; a message comes twice, and nothing is taken away",
    lastTerm: 2,
    proposals: 1,
    duplicates: 1,
    perLink: 2,
    keepSpent: true,
  },
  {
    ...PLAIN,
    name: "pre-votes",
    idea: "pre-votes step by step, one election",
    lastTerm: 2,
    preVote: "step-by-step",
    timeouts: 2,
    renamings: AS_THEY_ARE,
  },
  {
    ...PLAIN,
    name: "newcomer",
    idea: "a fourth learns and is promoted, one election",
    beginning: [VOTER, VOTER, VOTER, STRANGER],
    lastTerm: 2,
    change: "add",
    renamings: AS_THEY_ARE,
  },
  {
    ...PLAIN,
    name: "shrinking",
    idea: "two of three are removed at once, one election",
    lastTerm: 2,
    change: "shrink",
    renamings: AS_THEY_ARE,
  },
];

const SHRINKING: Scenario = { ...PLAIN, change: "shrink", renamings: AS_THEY_ARE };
const THREE: Scenario = { ...PLAIN, lastTerm: 4 };

/** Minutes, and gigabytes. */
export const LARGE: readonly Scenario[] = [
  { ...PLAIN, name: "two-terms-restarts", idea: "two elections and a restart", crashes: 1 },
  { ...THREE, name: "three-terms", idea: "three elections and a command", proposals: 1 },
  { ...THREE, name: "three-terms-restarts", idea: "three elections and a restart", crashes: 1 },
  { ...PLAIN, name: "three-entries", idea: "two elections, three commands, heartbeats", proposals: 3, heartbeats: 1 },
  { ...PLAIN, name: "links-of-two", idea: "two elections, and two messages on every link", proposals: 1, perLink: 2 },
  { ...FIGURE_8, name: "figure-8-restarts", idea: "figure 8, a restart, a heartbeat", crashes: 1, heartbeats: 1 },
  {
    ...PLAIN,
    name: "doubled",
    idea: "two elections, a restart, a command, a message that comes twice",
    proposals: 1,
    crashes: 1,
    duplicates: 1,
  },
  {
    ...PLAIN,
    name: "pre-votes-again",
    idea: "pre-votes step by step, two elections",
    preVote: "step-by-step",
    timeouts: 3,
    renamings: AS_THEY_ARE,
  },
  {
    ...PLAIN,
    name: "all-of-three",
    idea: "three elections, a voter is removed, three commands, a restart, a transfer",
    lastTerm: 4,
    change: "remove",
    proposals: 3,
    crashes: 1,
    transfers: 1,
    renamings: AS_THEY_ARE,
  },
  { ...SHRINKING, name: "shrinking-again", idea: "two of three are removed at once, two elections" },
  {
    ...PLAIN,
    name: "newcomer-again",
    idea: "a fourth learns and is promoted, two elections",
    beginning: [VOTER, VOTER, VOTER, STRANGER],
    change: "add",
    renamings: AS_THEY_ARE,
  },
];

export const SCENARIOS: readonly Scenario[] = [...SMALL, ...LARGE];
