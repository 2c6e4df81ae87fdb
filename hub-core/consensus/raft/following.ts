/** A follower's work: to store what its leader sends (Raft §5.3), and to learn what is committed. */
import type { Outbox } from "../../common/outbox.ts";
import { type HubId, invariant, type Millis } from "../../common/types.ts";
import { DecodeError } from "../../wire/codec.ts";
import { decodeEntry, decodeSnapshot, encodeSnapshot, type Snapshot } from "../../wire/log.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { FollowerTally } from "./follower-tally.ts";
import type { LogEntry } from "./log.ts";
import type { RaftState } from "./raft-state.ts";
import { SnapshotAssembly } from "./snapshot-transfer.ts";

export class Following {
  readonly #s: RaftState;
  readonly #tally = new FollowerTally();
  readonly #assembly = new SnapshotAssembly();
  #heardAt: Millis = Number.NEGATIVE_INFINITY;
  #quiet = false;

  constructor(state: RaftState) {
    this.#s = state;
  }

  get heardAt(): Millis {
    return this.#heardAt;
  }

  /** The leader said that it would be silent. */
  get quiet(): boolean {
    return this.#quiet;
  }

  wake(): void {
    this.#quiet = false;
  }

  reset(): void {
    this.#quiet = false;
    this.#heardAt = Number.NEGATIVE_INFINITY;
    this.#assembly.clear();
  }

  /** @returns a snapshot that has become this hub's own. */
  receive(
    from: HubId,
    message: MessageOf<"raft-append"> | MessageOf<"raft-snapshot">,
    now: Millis,
    out: Outbox,
  ): Snapshot | null {
    this.#heardAt = now;
    if (message.kind === "raft-snapshot") return this.#install(from, message, out);
    this.#append(from, message, out);
    return null;
  }

  /** Another follower's acknowledgement, sent to this hub because it proposed. */
  overheard(from: HubId, { term, from: replica, match }: MessageOf<"raft-appended">): void {
    this.#tally.acknowledged(term, from, replica, match);
    this.#countCommitted();
  }

  #append(from: HubId, message: MessageOf<"raft-append">, out: Outbox): void {
    const s = this.#s;
    const { log } = s;
    const { prevIndex, prevTerm, round } = message;
    this.#quiet = false;
    const entries = readEntries(message.entries);
    if (entries === null) return out.log("error", "consensus_entry_unreadable", { group: s.group, from });
    if (prevIndex > log.snapshotIndex && log.termAt(prevIndex) !== prevTerm) {
      return this.#refuse(from, message, out);
    }
    const last = prevIndex + entries.length;
    this.#store(prevIndex, entries, out);
    s.commit = Math.max(s.commit, Math.min(message.commit, last, log.lastIndex));
    this.#quiet = message.quiesce && last === log.lastIndex && s.commit === last;
    this.#acknowledge(from, message, Math.max(last, Math.min(s.commit, log.lastIndex)), round, out);
  }

  #store(prevIndex: number, entries: readonly LogEntry[], out: Outbox): void {
    const s = this.#s;
    entries.forEach((added, offset) => {
      const index = prevIndex + 1 + offset;
      const here = s.log.termAt(index);
      if (index <= s.log.snapshotIndex || here === added.entry.term) return;
      if (here !== undefined) s.truncate(index, out);
      invariant(s.log.lastIndex === index - 1, "a log has no gap");
      s.append(added, out);
    });
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

  #countCommitted(): void {
    const s = this.#s;
    const counted = this.#tally.committed(s.term, s.configuration);
    const own = this.#tally.matchOf(s.term, s.self, s.replica);
    const committed = Math.min(counted, own);
    if (committed > s.commit && s.log.termAt(committed) === s.term) s.commit = committed;
  }

  #refuse(from: HubId, { from: replica, prevIndex, round }: MessageOf<"raft-append">, out: Outbox): void {
    const s = this.#s;
    const index = Math.min(prevIndex, s.log.lastIndex);
    const conflictTerm = s.log.termAt(index) ?? 0;
    const agreed = { prevIndex, index, conflictTerm, round };
    out.send(from, { kind: "raft-append-refused", ...s.envelope(replica), ...agreed });
  }

  #install(from: HubId, message: MessageOf<"raft-snapshot">, out: Outbox): Snapshot | null {
    const s = this.#s;
    const answer = (match: number): void => {
      out.send(from, { kind: "raft-appended", ...s.envelope(message.from), match, round: message.round });
    };
    if (message.index <= s.commit) {
      answer(s.commit);
      return null;
    }
    const { offset, whole } = this.#assembly.take(message.term, message);
    if (whole === null) {
      const { index } = message;
      out.send(from, { kind: "raft-snapshot-ack", ...s.envelope(message.from), index, offset });
      return null;
    }
    this.#assembly.clear();
    const snapshot = decodeSnapshot(whole);
    if (snapshot instanceof DecodeError || snapshot.index !== message.index) {
      out.log("error", "consensus_snapshot_unreadable", { group: s.group, from });
      return null;
    }
    const follows = s.log.termAt(snapshot.index) === snapshot.term;
    s.log.install(snapshot);
    s.commit = snapshot.index;
    if (!follows) out.persist({ table: "raft-truncate", group: s.group, from: snapshot.index + 1 });
    out.persist({ table: "raft-snapshot", group: s.group, upTo: snapshot.index, bytes: encodeSnapshot(snapshot) });
    answer(snapshot.index);
    return snapshot;
  }
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
