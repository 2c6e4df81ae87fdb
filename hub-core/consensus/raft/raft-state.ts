/** What a replica is, whatever its role: its vote, its log, and whom it doubts. A change that safety needs is persisted with it. */
import type { Outbox, StoredLog, StoredVote } from "../../common/outbox.ts";
import type { Random } from "../../common/random.ts";
import { type DurationMs, type GroupId, type HubId, invariant, type Millis } from "../../common/types.ts";
import type { Configuration, Entry, Replica, Snapshot } from "../../wire/log.ts";
import { isVoter } from "./configuration.ts";
import { type LogEntry, loadLog, logEntry, type RaftLog } from "./log.ts";

export interface RaftTiming {
  /** Between appends of a leader that has nothing to say. */
  readonly heartbeatMs: DurationMs;
  /** A follower that hears nothing for this long, and up to twice, asks for an election. */
  readonly electionMs: DurationMs;
  /** A group with nothing to do for this long is silent. */
  readonly quietAfterMs: DurationMs;
}

export interface RaftOptions {
  readonly group: GroupId;
  readonly self: HubId;
  /** This hub's storage: see `StoredIdentity.replica`. */
  readonly replica: number;
  readonly stored: StoredLog | undefined;
  readonly timing: RaftTiming;
  readonly random: Random;
}

/** What stands before the log is kept by whoever applies it. */
export interface SnapshotKeeper {
  /** The snapshot, encoded. */
  readonly snapshot: () => Uint8Array;
  /** False: it cannot be read, and nothing has changed. */
  readonly restore: (snapshot: Snapshot, encoded: Uint8Array) => boolean;
}

export class RaftState {
  readonly group: GroupId;
  readonly self: HubId;
  readonly replica: number;
  readonly timing: RaftTiming;
  readonly random: Random;
  readonly log: RaftLog;
  /** The snapshot that the log was loaded with, until it was applied. */
  snapshot: Snapshot | null;
  commit: number;
  /** The last entry of before this run, or of what is left of them. */
  #inherited: number;
  leader: HubId | null = null;
  /** Members that membership does not take for alive, or whose link has just closed. */
  readonly doubted = new Set<HubId>();
  #vote: StoredVote;
  #behind: DurationMs = 0;

  constructor(options: RaftOptions) {
    this.group = options.group;
    this.self = options.self;
    this.replica = options.replica;
    this.timing = options.timing;
    this.random = options.random;
    const { log, snapshot } = loadLog(options.group, options.stored ?? { snapshot: null, entries: [] });
    this.log = log;
    this.snapshot = snapshot;
    this.commit = Math.max(log.snapshotIndex, Math.min(options.stored?.commit ?? 0, log.lastIndex));
    this.#inherited = log.lastIndex;
    this.#vote = options.stored?.vote ?? { lineage: 0, term: 0, votedFor: null };
  }

  /** How many entries of before this run, with commands, may be committed for all that this run has learned. */
  get unsettled(): number {
    let entries = 0;
    for (let index = this.commit + 1; index <= this.#inherited; index++) {
      if (this.log.entry(index)?.entry.body.kind === "commands") entries += 1;
    }
    return entries;
  }

  /** 0: this hub has not heard of its group's log. */
  get lineage(): number {
    return this.#vote.lineage;
  }

  get term(): number {
    return this.#vote.term;
  }

  /** Of its group's replicas, this one. */
  get me(): Replica {
    return { hubId: this.self, replica: this.replica };
  }

  get votedFor(): Replica | null {
    return this.#vote.votedFor;
  }

  get configuration(): Configuration {
    return this.log.configuration;
  }

  get isVoter(): boolean {
    return isVoter(this.configuration, this.self, this.replica);
  }

  join(lineage: number, out: Outbox): void {
    invariant(this.lineage === 0, "a replica has one lineage");
    this.#setVote({ ...this.#vote, lineage }, out);
  }

  /** A later term, in which this hub has not voted (Raft figure 2). */
  advanceTerm(term: number, out: Outbox): void {
    invariant(term > this.term, "terms only go up");
    this.#setVote({ ...this.#vote, term, votedFor: null }, out);
  }

  /** Another replica of the hub that has the vote is another candidate. */
  mayVoteFor(candidate: Replica): boolean {
    return this.votedFor === null || this.#hasGivenTo(candidate);
  }

  voteFor(candidate: Replica, out: Outbox): void {
    if (this.#hasGivenTo(candidate)) return;
    invariant(this.votedFor === null, "one vote in a term");
    this.#setVote({ ...this.#vote, votedFor: candidate }, out);
  }

  appendOwn(body: Entry["body"], now: Millis, out: Outbox): number {
    const at = Math.max(this.log.lastAt, Math.floor(this.logTime(now)));
    return this.append(logEntry({ term: this.term, at, body }), out);
  }

  /** A leader whose clock is behind the log's carries on from there: log time goes on, at its pace. */
  logTime(now: Millis): Millis {
    return now + this.#behind;
  }

  /** At the start of its leadership. */
  setClock(now: Millis): void {
    this.#behind = Math.max(0, this.log.lastAt - now);
  }

  append(added: LogEntry, out: Outbox): number {
    const index = this.log.append(added);
    out.persist({ table: "raft-entry", group: this.group, index, bytes: added.bytes, commit: this.commit });
    return index;
  }

  truncate(from: number, out: Outbox): void {
    invariant(from > this.commit, "what is committed stays");
    this.log.truncate(from);
    this.#inherited = Math.min(this.#inherited, from - 1);
    out.persist({ table: "raft-truncate", group: this.group, from });
  }

  /** A leader's snapshot takes the place of the log. @returns whether what follows it stays. */
  install(snapshot: Snapshot): boolean {
    const follows = this.log.termAt(snapshot.index) === snapshot.term;
    this.log.install(snapshot);
    this.commit = snapshot.index;
    if (!follows) this.#inherited = snapshot.index;
    return follows;
  }

  /** The fields every message has. `to` 0: whichever replica has that name. */
  envelope(to: number, term = this.term) {
    return { group: this.group, lineage: this.lineage, from: this.replica, to, term };
  }

  /** Is this hub's log no older than that (§5.4.1)? */
  isUpToDate(lastTerm: number, lastIndex: number): boolean {
    const { log } = this;
    return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex);
  }

  randomElectionMs(): DurationMs {
    return this.timing.electionMs * (1 + this.random.float());
  }

  #hasGivenTo({ hubId, replica }: Replica): boolean {
    const { votedFor } = this;
    return replica !== 0 && votedFor?.hubId === hubId && votedFor.replica === replica;
  }

  #setVote(vote: StoredVote, out: Outbox): void {
    this.#vote = vote;
    out.persist({ table: "raft-vote", group: this.group, value: vote });
  }
}
