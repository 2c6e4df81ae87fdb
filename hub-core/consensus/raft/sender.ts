/** What leaves for one follower: the entries that it lacks, or the snapshot that stands before them. */
import type { Outbox } from "../../common/outbox.ts";
import type { HubId } from "../../common/types.ts";
import { MAX_ENTRIES } from "../../wire/consensus-messages.ts";
import type { LogEntry } from "./log.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft-state.ts";
import { SnapshotTransfer } from "./snapshot-transfer.ts";

/** Of entries in one append. */
const APPEND_BYTES = 65_536;
const MAX_PROPOSERS = 8;

export interface Sending {
  readonly round: number;
  /** At least one append, also when there is nothing to send: a proof that this leader is there. */
  readonly always?: boolean;
  readonly quiesce?: boolean;
}

export class Sender {
  readonly #s: RaftState;
  readonly #snapshot: () => Uint8Array;
  readonly #isFollower: (hubId: HubId) => boolean;

  constructor(state: RaftState, snapshot: () => Uint8Array, isFollower: (hubId: HubId) => boolean) {
    this.#s = state;
    this.#snapshot = snapshot;
    this.#isFollower = isFollower;
  }

  /** Whatever it lacks and may be sent. */
  feed(progress: Progress, sending: Sending, out: Outbox): void {
    const { log } = this.#s;
    if (progress.state.kind === "snapshot") return this.#feedSnapshot(progress, sending, out);
    let once = sending.always ?? false;
    while (once || (progress.mayAppend && progress.next <= log.lastIndex)) {
      once = false;
      if (log.termAt(progress.next - 1) === undefined) return this.#beginSnapshot(progress, sending, out);
      if (!this.#sendAppend(progress, sending, out)) return;
    }
  }

  #sendAppend(progress: Progress, { round, quiesce = false }: Sending, out: Outbox): boolean {
    const s = this.#s;
    const prevIndex = progress.next - 1;
    const entries = progress.mayAppend ? s.log.slice(progress.next, MAX_ENTRIES, APPEND_BYTES) : [];
    const { member } = progress;
    const queued = out.send(member.hubId, {
      kind: "raft-append",
      ...s.envelope(member.replica),
      prevIndex,
      prevTerm: s.log.termAt(prevIndex) as number,
      commit: s.commit,
      round,
      entries: entries.map(({ bytes }) => bytes),
      proposers: this.#proposersOf(entries, member.hubId),
      quiesce,
    });
    if (!queued) {
      progress.lost();
      return false;
    }
    progress.commitTold = s.commit;
    progress.sent(
      entries.length,
      entries.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    return true;
  }

  /** Those that are told of the acknowledgement as well. */
  #proposersOf(entries: readonly LogEntry[], to: HubId): HubId[] {
    const proposers = new Set<HubId>();
    for (const { entry } of entries) {
      if (entry.body.kind !== "commands") continue;
      for (const { session } of entry.body.commands) proposers.add(session.hubId);
    }
    proposers.delete(this.#s.self);
    proposers.delete(to);
    return [...proposers].filter(this.#isFollower).slice(0, MAX_PROPOSERS);
  }

  #beginSnapshot(progress: Progress, sending: Sending, out: Outbox): void {
    const { log } = this.#s;
    const transfer = new SnapshotTransfer(log.snapshotIndex, log.snapshotTerm, this.#snapshot());
    progress.state = { kind: "snapshot", transfer };
    this.#feedSnapshot(progress, sending, out);
  }

  #feedSnapshot({ member, state }: Progress, { round }: Sending, out: Outbox): void {
    if (state.kind !== "snapshot") return;
    const { transfer } = state;
    const { index, term: snapshotTerm, size } = transfer;
    for (const { offset, part } of transfer.next()) {
      const about = { index, snapshotTerm, size, offset, part, round };
      out.send(member.hubId, { kind: "raft-snapshot", ...this.#s.envelope(member.replica), ...about });
    }
  }
}
