/** All that is known of one group from outside its hubs: who is in it, every entry ever stored, every replica, what is committed. */
import type { GroupId, HubId } from "../../../hub-core/common/types.ts";
import { DecodeError } from "../../../hub-core/wire/codec.ts";
import type { Entry } from "../../../hub-core/wire/log.ts";
import { decodeEntry } from "../../../hub-core/wire/log.ts";
import { Violation } from "../failure.ts";
import type { Marks } from "../marks.ts";
import type { SimHub } from "../sim-hub.ts";
import { Ledger } from "./ledger.ts";
import type { StoredReplica } from "./stored-replica.ts";

export interface KnownEntry {
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  readonly previousTerm: number | undefined;
}

export class GroupRecord {
  readonly id: GroupId;
  readonly parent: SimHub;
  readonly members: readonly SimHub[];
  readonly ledger: Ledger;
  readonly replicas: StoredReplica[] = [];
  lineage = 0;
  readonly #entries = new Map<string, KnownEntry>();

  constructor(id: GroupId, parent: SimHub, members: readonly SimHub[], marks: Marks) {
    this.id = id;
    this.parent = parent;
    this.members = members;
    this.ledger = new Ledger(id, marks);
  }

  replica(hubId: HubId, number: number): StoredReplica | undefined {
    return this.replicas.find(({ hub, replica }) => hub.id === hubId && replica === number);
  }

  entry(index: number, term: number): KnownEntry | undefined {
    return this.#entries.get(`${index}/${term}`);
  }

  /**
   * Log matching (Raft §5.3): entries of equal index and term are equal, and so are those before them. Equal terms before each
   * make it so for all, by induction.
   */
  stored(index: number, bytes: Uint8Array, at: StoredReplica): Entry {
    const previousTerm = at.termAt(index - 1);
    const entry = decodeEntry(bytes);
    if (entry instanceof DecodeError)
      throw new Violation("log-matching", `${at.hub.id} stored what nobody can read: ${entry.message}`);
    const known = this.entry(index, entry.term);
    if (!known) {
      this.#entries.set(`${index}/${entry.term}`, { entry, bytes: bytes.slice(), previousTerm });
      return entry;
    }
    if (Buffer.compare(known.bytes, bytes) !== 0)
      throw new Violation(
        "log-matching",
        `${at.hub.id} has another entry ${index} of term ${entry.term} in ${this.id}`,
      );
    if (previousTerm !== undefined && known.previousTerm !== undefined && previousTerm !== known.previousTerm)
      throw new Violation(
        "log-matching",
        `before entry ${index} of term ${entry.term} in ${this.id}, ${at.hub.id} has term ${previousTerm}, others ${known.previousTerm}`,
      );
    return known.entry;
  }
}
