/** How far one follower is, as its leader knows, and what is on its way to it (etcd/raft's progress). */
import { type Millis, unreachable } from "../../common/types.ts";
import type { Replica } from "../../wire/log.ts";
import type { SnapshotTransfer } from "./snapshot-transfer.ts";

const MAX_APPENDS_IN_FLIGHT = 64;
const MAX_BYTES_IN_FLIGHT = 1_048_576;

/**
 * `probe`: where the logs agree is not known, one append at a time. `replicate`: appends follow each other unanswered.
 * `snapshot`: it lacks what the leader has compacted.
 */
export type ProgressState =
  | { readonly kind: "probe"; waiting: boolean }
  | { readonly kind: "replicate"; readonly inFlight: { readonly last: number; readonly bytes: number }[] }
  | { readonly kind: "snapshot"; readonly transfer: SnapshotTransfer };

export class Progress {
  readonly member: Replica;
  /** Known to be stored there. */
  match = 0;
  next: number;
  state: ProgressState = { kind: "probe", waiting: false };
  /** The latest round it answered. */
  round = 0;
  heardAt: Millis;
  /** The commit index that it was told last. */
  commitTold = 0;

  constructor(member: Replica, next: number, now: Millis) {
    this.member = member;
    this.next = next;
    this.heardAt = now;
  }

  get bytesInFlight(): number {
    return this.state.kind === "replicate" ? this.state.inFlight.reduce((sum, { bytes }) => sum + bytes, 0) : 0;
  }

  get mayAppend(): boolean {
    switch (this.state.kind) {
      case "probe":
        return !this.state.waiting;
      case "replicate":
        return this.state.inFlight.length < MAX_APPENDS_IN_FLIGHT && this.bytesInFlight < MAX_BYTES_IN_FLIGHT;
      case "snapshot":
        return false;
      default:
        return unreachable(this.state);
    }
  }

  /** An append of `count` entries has left. */
  sent(count: number, bytes: number): void {
    if (this.state.kind === "probe") this.state.waiting = true;
    if (this.state.kind !== "replicate" || count === 0) return;
    this.next += count;
    this.state.inFlight.push({ last: this.next - 1, bytes });
  }

  /** @returns whether this was news. */
  acknowledged(match: number): boolean {
    const news = match > this.match;
    this.match = Math.max(this.match, match);
    if (this.state.kind === "replicate") {
      while ((this.state.inFlight[0]?.last ?? Number.POSITIVE_INFINITY) <= match) this.state.inFlight.shift();
    } else if (this.state.kind === "probe" || match >= this.state.transfer.index) {
      this.state = { kind: "replicate", inFlight: [] };
    }
    this.next = Math.max(this.next, this.match + 1);
    return news;
  }

  /** What is on its way may be lost: it is sent again. Where a probe asks for is as good as before. */
  lost(): void {
    if (this.state.kind === "probe") this.state.waiting = false;
    else if (this.state.kind === "replicate") this.backTo(this.match + 1);
  }

  /** It lacks what was sent, or it may: begin again from `next`. */
  backTo(next: number): void {
    this.next = Math.max(this.match + 1, next);
    this.state = { kind: "probe", waiting: false };
  }
}
