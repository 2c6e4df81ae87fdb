/** Messages and configurations, as a reader of a transcript wants them. */
import { type Configuration, decodeEntry, type Entry, type Replica } from "../wire/log.ts";
import type { Message } from "../wire/messages.ts";

export function told(message: Message): string {
  switch (message.kind) {
    case "raft-vote": {
      const { pre, transfer, term, lastTerm, lastIndex } = message;
      const how = pre ? "would you vote for me" : transfer ? "vote for me, I was asked to stand" : "vote for me";
      return `${how} in term ${term}? my log ends at ${lastIndex}/t${lastTerm}`;
    }
    case "raft-voted":
      return `${message.granted ? "yes" : "no"}, term ${message.term}${message.pre ? " (pre-vote)" : ""}`;
    case "raft-append": {
      const { term, prevIndex, prevTerm, entries, commit, round, proposers, quiesce } = message;
      const what = entries.length === 0 ? "heartbeat" : `append [${entries.map(toldEntry).join(", ")}]`;
      const more = [
        round > 0 ? ` round ${round}` : "",
        proposers.length > 0 ? ` tell ${proposers.join(" ")}` : "",
        quiesce ? " and then silence" : "",
      ];
      return `t${term} ${what} after ${prevIndex}/t${prevTerm}, commit ${commit}${more.join("")}`;
    }
    case "raft-appended":
      return `have ${message.match}${message.round > 0 ? ` round ${message.round}` : ""}`;
    case "raft-append-refused":
      return `no ${message.prevIndex} here: mine may agree at ${message.index}/t${message.conflictTerm}`;
    case "raft-snapshot":
      return `snapshot of ${message.index}/t${message.snapshotTerm}, part at ${message.offset / 1_024} KiB`;
    case "raft-snapshot-ack":
      return `have ${message.offset / 1_024} KiB of snapshot ${message.index}`;
    case "raft-timeout-now":
      return "stand for election now";
    case "raft-read":
      return `may I read? ${message.ids.length}`;
    case "raft-read-index":
      return message.index === null ? "cannot vouch" : `read from ${message.index} on`;
    case "raft-forward":
      return `for the log: ${message.commands.map(({ session }) => `${session.hubId}#${session.seq}`).join(" ")}`;
    case "raft-forward-refused":
      return `refused (${message.reason}, ${message.have} of ${message.need}): ${message.sessions.map(({ seq }) => `#${seq}`).join(" ")}`;
    default:
      return message.kind;
  }
}

function toldEntry(bytes: Uint8Array): string {
  const { term, body } = decodeEntry(bytes) as Entry;
  switch (body.kind) {
    case "noop":
      return `t${term} empty`;
    case "configuration":
      return `t${term} ${toldConfiguration(body.configuration)}`;
    case "commands":
      return `t${term} ${body.commands.map(({ session, operation }) => `${operation.kind} ${session.hubId}#${session.seq}`).join(" ")}`;
    default:
      throw new Error("no such entry");
  }
}

export function toldConfiguration({ voters, outgoing, learners }: Configuration): string {
  const each = (set: readonly Replica[]) =>
    set.map(({ hubId, replica }) => (replica === 1 ? hubId : `${hubId}(${replica})`)).join("");
  const joint = outgoing === null ? "" : ` and ${each(outgoing)}`;
  return `voters ${each(voters)}${joint}${learners.length > 0 ? `, learners ${each(learners)}` : ""}`;
}
