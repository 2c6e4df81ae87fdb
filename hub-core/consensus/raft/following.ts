/** A follower's work: to store what its leader sends (Raft §5.3), and to learn what is committed. */
import type { Outbox } from "../../common/outbox.ts";
import { type HubId, invariant, type Millis } from "../../common/types.ts";
import { DecodeError } from "../../wire/codec.ts";
import { decodeEntry, decodeSnapshot } from "../../wire/log.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { isVoter } from "./configuration.ts";
import { FollowerTally } from "./follower-tally.ts";
import type { LogEntry } from "./log.ts";
import type { RaftState, SnapshotKeeper } from "./raft-state.ts";
import { SnapshotAssembly } from "./snapshot-transfer.ts";

export class Following {
  readonly #s: RaftState;
  readonly #keeper: SnapshotKeeper;
  readonly #tally = new FollowerTally();
  readonly #assembly = new SnapshotAssembly();
  #heardAt: Millis = Number.NEGATIVE_INFINITY;
  #quiet = false;

  constructor(state: RaftState, keeper: SnapshotKeeper) {
    this.#s = state;
    this.#keeper = keeper;
  }

  get heardAt(): Millis {
    return this.#heardAt;
  }

  /** The leader said that it would be silent. */
  get quiet(): boolean {
    return this.#quiet;
  }

  /** From here on its silence counts. */
  wake(now: Millis): void {
    this.#quiet = false;
    this.#heardAt = now;
  }

  reset(): void {
    this.#quiet = false;
    this.#heardAt = Number.NEGATIVE_INFINITY;
    this.#assembly.clear();
  }

  /** @returns whether a snapshot has taken the place of the log. */
  receive(
    from: HubId,
    message: MessageOf<"raft-append"> | MessageOf<"raft-snapshot">,
    now: Millis,
    out: Outbox,
  ): boolean {
    this.wake(now);
    if (message.kind === "raft-snapshot") return this.#install(from, message, out);
    this.#append(from, message, out);
    return false;
  }

  /** Another follower's acknowledgement, sent to this hub because it proposed. */
  overheard(from: HubId, { term, from: replica, match }: MessageOf<"raft-appended">): void {
    if (!isVoter(this.#s.configuration, from, replica)) return;
    this.#tally.acknowledged(term, from, replica, match);
    this.#countCommitted();
  }

  #append(from: HubId, message: MessageOf<"raft-append">, out: Outbox): void {
    const s = this.#s;
    const { log } = s;
    const { prevIndex, prevTerm, round } = message;
    const entries = readEntries(message.entries);
    if (entries === null || !isInOrder(entries, prevTerm, log.entry(prevIndex)?.entry.at ?? 0, message.term)) {
      return out.log("error", "consensus_entry_unreadable", { group: s.group, from });
    }
    if (prevIndex >= log.snapshotIndex && log.termAt(prevIndex) !== prevTerm) {
      return this.#refuse(from, message, out);
    }
    const last = prevIndex + entries.length;
    if (!this.#store(prevIndex, entries, out)) {
      return out.log("error", "consensus_committed_contradicted", { group: s.group, from });
    }
    s.commit = Math.max(s.commit, Math.min(message.commit, last, log.lastIndex));
    this.#quiet = message.quiesce && last === log.lastIndex && s.commit === last;
    this.#acknowledge(from, message, Math.max(last, Math.min(s.commit, log.lastIndex)), round, out);
  }

  /** False: it contradicts what is committed, which no leader of this group does. */
  #store(prevIndex: number, entries: readonly LogEntry[], out: Outbox): boolean {
    const s = this.#s;
    for (const [offset, added] of entries.entries()) {
      const index = prevIndex + 1 + offset;
      const here = s.log.termAt(index);
      if (index <= s.log.snapshotIndex || here === added.entry.term) continue;
      if (here !== undefined && index <= s.commit) return false;
      if (here !== undefined) s.truncate(index, out);
      invariant(s.log.lastIndex === index - 1, "a log has no gap");
      s.append(added, out);
    }
    return true;
  }

  /** To the leader, and to those who proposed what came: one hop less for them. */
  #acknowledge(leader: HubId, message: MessageOf<"raft-append">, match: number, round: number, out: Outbox): void {
    const s = this.#s;
    const { from: leaderReplica, term } = message;
    out.send(leader, { kind: "raft-appended", ...s.envelope(leaderReplica), match, round });
    for (const proposer of message.proposers) {
      if (proposer === s.self || proposer === leader) continue;
      out.send(proposer, { kind: "raft-appended", ...s.envelope(0), match, round: 0 });
    }
    this.#tally.acknowledged(term, leader, leaderReplica, message.prevIndex + message.entries.length);
    this.#tally.acknowledged(term, s.self, s.replica, match);
    this.#countCommitted();
  }

  /** By the configuration of the leader's log as far as it is here: what follows may be another leader's. */
  #countCommitted(): void {
    const s = this.#s;
    const own = this.#tally.matchOf(s.term, s.self, s.replica);
    const counted = this.#tally.committed(s.term, s.log.configurationAt(own));
    const committed = Math.min(counted, own);
    if (committed > s.commit && s.log.termAt(committed) === s.term) s.commit = committed;
  }

  /** Entries here of terms past the leader's cannot be the leader's: they are passed over at once. */
  #refuse(from: HubId, { from: replica, prevIndex, prevTerm, round }: MessageOf<"raft-append">, out: Outbox): void {
    const s = this.#s;
    const index = s.log.lastOfTermUpTo(prevTerm, prevIndex);
    const conflictTerm = s.log.termAt(index) ?? 0;
    const agreed = { prevIndex, index, conflictTerm, round };
    out.send(from, { kind: "raft-append-refused", ...s.envelope(replica), ...agreed });
  }

  #install(from: HubId, message: MessageOf<"raft-snapshot">, out: Outbox): boolean {
    const s = this.#s;
    const answer = (match: number): void => {
      out.send(from, { kind: "raft-appended", ...s.envelope(message.from), match, round: message.round });
    };
    if (message.index <= s.commit) {
      answer(s.commit);
      return false;
    }
    const { offset, whole } = this.#assembly.take(message.term, message);
    if (whole === null) {
      const { index } = message;
      out.send(from, { kind: "raft-snapshot-ack", ...s.envelope(message.from), index, offset });
      return false;
    }
    this.#assembly.clear();
    const snapshot = decodeSnapshot(whole);
    const fits =
      !(snapshot instanceof DecodeError) && snapshot.index === message.index && snapshot.term <= message.term;
    if (!fits || !this.#keeper.restore(snapshot, whole)) {
      out.log("error", "consensus_snapshot_unreadable", { group: s.group, from });
      return false;
    }
    if (!s.install(snapshot)) out.persist({ table: "raft-truncate", group: s.group, from: snapshot.index + 1 });
    out.persist({ table: "raft-snapshot", group: s.group, upTo: snapshot.index, bytes: whole });
    answer(snapshot.index);
    return true;
  }
}

/** As every leader writes them: no term before the one before, nor past its own; log time goes on. */
function isInOrder(entries: readonly LogEntry[], prevTerm: number, prevAt: Millis, term: number): boolean {
  let before = { term: prevTerm, at: prevAt };
  for (const { entry } of entries) {
    if (entry.term < before.term || entry.term > term || entry.at < before.at) return false;
    before = entry;
  }
  return true;
}

/** Null when any of them cannot be read: the leader's software is not this one's. */
function readEntries(encoded: readonly Uint8Array[]): LogEntry[] | null {
  const entries: LogEntry[] = [];
  for (const bytes of encoded) {
    const entry = decodeEntry(bytes);
    if (entry instanceof DecodeError) return null;
    entries.push({ entry, bytes: new Uint8Array(bytes) });
  }
  return entries;
}
