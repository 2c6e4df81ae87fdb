/** One replica of Raft, whose peers are the test: it is handed messages, and what it says is looked at. */
import { Random } from "../../common/random.ts";
import type { HubId, Millis } from "../../common/types.ts";
import type { Configuration, Snapshot } from "../../wire/log.ts";
import type { Message, MessageOf } from "../../wire/messages.ts";
import {
  type Disk,
  diskWith,
  GROUP,
  LINEAGE,
  type LogSetup,
  type Sent,
  TestOutbox,
  TIMING,
} from "../consensus.test-helper.ts";
import { Raft, type RaftMessage } from "./raft.ts";

type Free<K extends RaftMessage["kind"]> = Partial<Omit<MessageOf<K>, "kind">>;

/** Fields that a test does not speak of. */
const PLAIN = {
  "raft-vote": { pre: false, transfer: false, lastIndex: 0, lastTerm: 0 },
  "raft-voted": { pre: false, granted: true },
  "raft-append": { prevIndex: 0, prevTerm: 0, commit: 0, round: 0, entries: [], proposers: [], quiesce: false },
  "raft-appended": { match: 0, round: 0 },
  "raft-append-refused": { prevIndex: 0, index: 0, conflictTerm: 0, round: 0 },
  "raft-snapshot": { index: 0, snapshotTerm: 0, size: 0, offset: 0, part: new Uint8Array(), round: 0 },
  "raft-snapshot-ack": { index: 0, offset: 0 },
  "raft-timeout-now": {},
} as const;

export function says<K extends RaftMessage["kind"]>(kind: K, term: number, fields: Free<K> = {}): MessageOf<K> {
  const envelope = { group: GROUP, lineage: LINEAGE, from: 1, to: 1, term };
  return { kind, ...envelope, ...PLAIN[kind], ...fields } as unknown as MessageOf<K>;
}

export class Actor {
  readonly id: HubId;
  readonly disk: Disk;
  readonly out: TestOutbox;
  readonly raft: Raft;
  readonly restored: Snapshot[] = [];
  now: Millis;
  /** What stands before its log, for followers that lack it. */
  snapshot: Uint8Array = new Uint8Array(40_000);
  readable = true;

  constructor(id: HubId, disk: Disk, now: Millis = 0, seed = 1) {
    this.id = id;
    this.disk = disk;
    this.out = new TestOutbox(disk);
    this.now = now;
    const options = { group: GROUP, self: id, replica: 1, stored: disk.load(), timing: TIMING };
    this.raft = new Raft(
      { ...options, random: new Random(seed) },
      {
        snapshot: () => this.snapshot,
        restore: (snapshot) => {
          if (this.readable) this.restored.push(snapshot);
          return this.readable;
        },
      },
    );
    this.raft.start(now);
  }

  static with(id: HubId, setup: LogSetup, seed = 1): Actor {
    return new Actor(id, diskWith(setup), 0, seed);
  }

  /** Elected by `by` in the next term. What it sent is forgotten. */
  static leading(id: HubId, setup: LogSetup, by: readonly HubId[]): Actor {
    const actor = Actor.with(id, setup);
    actor.elect(by);
    return actor;
  }

  get state() {
    return this.raft.state;
  }

  get role() {
    return this.raft.role.kind;
  }

  get leadership() {
    if (!this.raft.leadership) throw new Error(`${this.id} does not lead`);
    return this.raft.leadership;
  }

  get terms(): number[] {
    const { log } = this.state;
    return Array.from({ length: log.length }, (_, i) => log.termAt(log.snapshotIndex + 1 + i) as number);
  }

  elect(by: readonly HubId[]): void {
    this.timeOut();
    const term = this.state.term + 1;
    for (const from of by) this.hears(from, says("raft-voted", term, { pre: true }));
    for (const from of by) this.hears(from, says("raft-voted", term));
    this.leadership;
    this.out.take();
  }

  /** @returns what it answers. */
  hears(from: HubId, message: RaftMessage): Sent[] {
    this.out.take();
    this.raft.receive(from, message, this.now, this.out);
    return [...this.out.sent];
  }

  /** Its next deadline comes. */
  timeOut(): Sent[] {
    return this.passes(Math.max(0, this.raft.nextDeadline() - this.now));
  }

  /** Time, in which it does what it asked to be woken for. */
  passes(ms: number): Sent[] {
    this.out.take();
    const until = this.now + ms;
    while (this.raft.nextDeadline() <= until) {
      this.now = Math.max(this.now, this.raft.nextDeadline());
      this.raft.tick(this.now, this.out);
    }
    this.now = until;
    return [...this.out.sent];
  }

  doubts(hubId: HubId, doubted = true): Sent[] {
    this.out.take();
    this.raft.doubt(hubId, doubted, this.now, this.out);
    return [...this.out.sent];
  }

  /** With what the disk had; what was sent since may be lost. */
  restarts(disk = this.disk): Actor {
    return new Actor(this.id, disk.copy(), this.now);
  }

  change(configuration: Configuration): boolean {
    this.out.take();
    return this.leadership.changeConfiguration(configuration, this.now, this.out);
  }

  /** `n` entries, of one command each. */
  propose(n = 1, hubId = this.id, bytes = 0): Sent[] {
    this.out.take();
    for (let i = 0; i < n; i++) {
      this.seq += 1;
      const session = { hubId, replica: 1, incarnation: 1, seq: this.seq, floor: 1 };
      const operation = {
        kind: "put",
        key: "k",
        value: `"${"x".repeat(bytes)}"`,
        expect: null,
        fence: null,
        lease: null,
      };
      this.leadership.propose([{ session, idempotency: null, operation: operation as never }], this.now, this.out);
    }
    return [...this.out.sent];
  }

  seq = 0;

  /** All that these have, up to `match`. */
  acknowledged(match: number, by: readonly HubId[], round = 0): Sent[] {
    const sent: Sent[] = [];
    for (const from of by) sent.push(...this.hears(from, says("raft-appended", this.state.term, { match, round })));
    return sent;
  }
}

export function only<K extends Message["kind"]>(sent: readonly Sent[], kind: K): MessageOf<K>[] {
  return sent.flatMap(({ message }) => (message.kind === kind ? [message as MessageOf<K>] : []));
}
