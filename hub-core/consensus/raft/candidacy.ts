/** One attempt to be elected: first asking whether it would be (pre-vote, Raft thesis §9.6), then in earnest. */
import type { HubId } from "../../common/types.ts";
import type { Configuration } from "../../wire/log.ts";
import { isMajority, voterSets } from "./configuration.ts";

export type Standing = "open" | "won" | "lost";

export class Candidacy {
  /** The term it is for: the next one while `pre`. */
  readonly term: number;
  readonly pre: boolean;
  readonly #answers = new Map<string, boolean>();

  constructor(term: number, pre: boolean, self: HubId, replica: number) {
    this.term = term;
    this.pre = pre;
    this.answered(self, replica, true);
  }

  /** The first answer of a replica stands. */
  answered(hubId: HubId, replica: number, granted: boolean): void {
    const key = `${hubId} ${replica}`;
    if (!this.#answers.has(key)) this.#answers.set(key, granted);
  }

  /** Counted over the voters alone, whoever else may have answered. Who is `gone` is not waited for. */
  standing(configuration: Configuration, gone: (hubId: HubId) => boolean = () => false): Standing {
    const said = (granted: boolean) => (member: { readonly hubId: HubId; readonly replica: number }) =>
      this.#answers.get(`${member.hubId} ${member.replica}`) === granted;
    if (isMajority(configuration, said(true))) return "won";
    const silent = (member: { readonly hubId: HubId; readonly replica: number }): boolean =>
      gone(member.hubId) && !said(true)(member);
    const lost = voterSets(configuration).some(
      (set) => set.filter((member) => !said(false)(member) && !silent(member)).length < Math.floor(set.length / 2) + 1,
    );
    return lost ? "lost" : "open";
  }
}
