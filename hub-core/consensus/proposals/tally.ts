/** What the votes say: a function of who voted what, in whatever order they came. */
import { requiredVotes } from "../../common/required-votes.ts";
import { type CastVote, type Electorate, halves } from "./proposal.ts";

export type Tally = "committed" | "rejected" | "open";

/** Enough yes commits; rejected once so many have said no that yes cannot get there. In a joint electorate both halves must. */
export function tally(electorate: Electorate, votes: readonly Pick<CastVote, "voter" | "vote">[]): Tally {
  const each = halves(electorate).map((voters): Tally => {
    const required = requiredVotes(voters.length, electorate.threshold);
    const count = (vote: CastVote["vote"]) =>
      votes.filter((cast) => cast.vote === vote && voters.includes(cast.voter)).length;
    if (count("yes") >= required) return "committed";
    return voters.length - count("no") < required ? "rejected" : "open";
  });
  if (each.includes("rejected")) return "rejected";
  return each.every((half) => half === "committed") ? "committed" : "open";
}
