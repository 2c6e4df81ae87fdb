/** The groups of a world, their stored logs kept up to date after every step, and whose storage may still be lost. */
import type { StoredWrite } from "../../../hub-core/common/outbox.ts";
import { downGroupOf, type GroupId, upGroupOf } from "../../../hub-core/common/types.ts";
import { DecodeError } from "../../../hub-core/wire/codec.ts";
import { decodeSnapshot, type Replica } from "../../../hub-core/wire/log.ts";
import { Violation } from "../failure.ts";
import type { Marks } from "../marks.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";
import { GroupRecord } from "./group-record.ts";
import { commitVotes, halvesOf, shortOf } from "./quorums.ts";
import { nameOf, StoredReplica } from "./stored-replica.ts";

type RaftWrite = Extract<StoredWrite, { readonly table: `raft-${string}` }>;

export class Groups {
  readonly #byId = new Map<GroupId, GroupRecord>();
  readonly #marks: Marks;
  /** Of each hub's present storage, and how often it was lost before. */
  readonly #numbers = new Map<SimHub, { readonly epoch: number; readonly replica: number }>();
  readonly #current = new Map<string, StoredReplica>();

  constructor(world: World) {
    this.#marks = world.marks;
    for (const parent of world.hubs) {
      const id = downGroupOf(parent.identity);
      if (id === null) continue;
      const members = world.hubs.filter(
        (hub) => hub === parent || (upGroupOf(hub.identity) === id && hub.identity.parent === parent.id),
      );
      this.#byId.set(id, new GroupRecord(id, parent, members, world.marks));
    }
  }

  all(): readonly GroupRecord[] {
    return [...this.#byId.values()];
  }

  of(group: GroupId): GroupRecord | undefined {
    return this.#byId.get(group);
  }

  /** What the present storage of `hub` holds of `group`; undefined while it holds nothing. */
  stored(hub: SimHub, group: GroupId): StoredReplica | undefined {
    return this.#current.get(keyOf(hub, group));
  }

  /** The writes of one step, which are durable by now. */
  record(hub: SimHub, writes: readonly StoredWrite[]): void {
    for (const write of writes) {
      if (write.table === "identity") this.#identify(hub, write.value.replica);
      else if (isRaft(write)) this.#apply(this.#replicaOf(hub, write.group), write);
    }
  }

  /**
   * Whether its group would still be able to commit without what `hub` holds: the loss of more than that is beyond what is
   * promised. Judged by every configuration that any storage holds.
   */
  mayLose(hub: SimHub): boolean {
    return this.all().every(({ members, replicas }) => {
      if (!members.includes(hub)) return true;
      const kept = replicas.filter((one) => !one.lost && one.hub !== hub);
      return replicas.every(({ configuration, lost }) => {
        if (!configuration || lost) return true;
        const isKept = (hubId: string, number: number): boolean =>
          kept.some((one) => one.hub.id === hubId && one.replica === number);
        const { threshold } = configuration;
        const needed = (voters: number): number => commitVotes(voters, threshold);
        return shortOf(configuration, needed, ({ hubId, replica }) => isKept(hubId, replica)) === null;
      });
    });
  }

  #identify(hub: SimHub, replica: number): void {
    const known = this.#numbers.get(hub);
    const { epoch } = hub.storage;
    if (known?.epoch === epoch && known.replica !== replica)
      throw new Violation(
        "replica-number",
        `${hub.id} was replica ${known.replica} and is ${replica} with the same storage`,
      );
    if (known && known.epoch !== epoch && known.replica === replica)
      throw new Violation("replica-number", `${hub.id} lost its storage and is replica ${replica} again`);
    this.#numbers.set(hub, { epoch, replica });
  }

  #replicaOf(hub: SimHub, group: GroupId): StoredReplica {
    const key = keyOf(hub, group);
    const known = this.#current.get(key);
    if (known) return known;
    const record = this.#byId.get(group);
    const number = this.#numbers.get(hub)?.replica;
    if (!record?.members.includes(hub) || number === undefined)
      throw new Violation("own-groups", `${hub.id} stores a log of ${group}`);
    const replica = new StoredReplica(hub, group, number);
    record.replicas.push(replica);
    this.#current.set(key, replica);
    return replica;
  }

  #apply(stored: StoredReplica, write: RaftWrite): void {
    const group = this.#byId.get(stored.group) as GroupRecord;
    switch (write.table) {
      case "raft-vote":
        if (write.value === null) throw new Violation("vote-kept", `${stored.hub.id} forgot its vote in ${group.id}`);
        return this.#vote(stored, group, write.value);
      case "raft-entry": {
        if (write.index !== stored.lastIndex + 1)
          throw new Violation(
            "log-whole",
            `${stored.hub.id} stored entry ${write.index} of ${group.id} after ${stored.lastIndex}`,
          );
        const { term, body } = group.stored(write.index, write.bytes, stored);
        if (body.kind === "configuration") this.#configured(stored, body.configuration);
        return stored.append(term, body.kind === "configuration" ? body.configuration : null);
      }
      case "raft-truncate":
        return this.#truncate(stored, group, write.from);
      case "raft-snapshot": {
        const snapshot = decodeSnapshot(write.bytes);
        if (snapshot instanceof DecodeError) throw new Violation("log-whole", snapshot.message);
        const own = stored.termAt(snapshot.index) === snapshot.term && stored.snapshotIndex < snapshot.index;
        this.#marks.reach(own ? "consensus:compacted" : "consensus:snapshot-installed");
        return stored.compact(snapshot.index, snapshot.term, snapshot.configuration);
      }
    }
  }

  /** Term and vote never go back, and one vote in a term stands (Raft figure 2), as long as the storage does. */
  #vote(
    stored: StoredReplica,
    group: GroupRecord,
    { lineage, term, votedFor }: NonNullable<Extract<RaftWrite, { table: "raft-vote" }>["value"]>,
  ): void {
    const { hub } = stored;
    if (term < stored.term)
      throw new Violation("term-kept", `${hub.id} went from term ${stored.term} to ${term} in ${group.id}`);
    const before = stored.votes.get(term);
    if (before !== undefined && nameOf(before) !== nameOf(votedFor))
      throw new Violation(
        "vote-kept",
        `${hub.id} voted for ${nameOf(before)} and then ${nameOf(votedFor)} in term ${term} of ${group.id}`,
      );
    if (stored.lineage !== 0 && lineage !== stored.lineage)
      throw new Violation("one-lineage", `${hub.id} took on another log of ${group.id}`);
    if (group.lineage !== 0 && lineage !== 0 && lineage !== group.lineage)
      throw new Violation("one-lineage", `${hub.id} has a log of ${group.id} that is not that of the others`);
    if (lineage !== 0) group.lineage = lineage;
    stored.lineage = lineage;
    stored.term = term;
    stored.votedFor = votedFor;
    if (votedFor === null || before !== undefined) return;
    stored.votes.set(term, votedFor);
    this.#votedForNewer(stored, group, votedFor);
  }

  /** Only for a log that is no older than one's own (§5.4.1). */
  #votedForNewer(stored: StoredReplica, group: GroupRecord, { hubId, replica }: Replica): void {
    const theirs = group.replicas.find(
      (one) => one.hub.id === hubId && one.replica === replica && one.term === stored.term,
    );
    if (!theirs || theirs === stored) return;
    const newer =
      theirs.lastTerm > stored.lastTerm ||
      (theirs.lastTerm === stored.lastTerm && theirs.lastIndex >= stored.lastIndex);
    if (!newer)
      throw new Violation(
        "vote-for-newer-logs",
        `${stored.hub.id} (${stored.lastIndex} of term ${stored.lastTerm}) voted for ${hubId} (${theirs.lastIndex} of term ${theirs.lastTerm}) in ${group.id}`,
      );
  }

  #truncate(stored: StoredReplica, group: GroupRecord, from: number): void {
    if (from > stored.lastIndex) return stored.truncate(from);
    this.#marks.reach("consensus:conflict-truncated");
    const term = stored.termAt(from);
    if (term !== undefined && group.ledger.termAt(from) === term)
      throw new Violation(
        "committed-stays",
        `${stored.hub.id} gave up entry ${from} of ${group.id}, which was committed in term ${term}`,
      );
    stored.truncate(from);
  }

  #configured(stored: StoredReplica, { voters, outgoing }: NonNullable<StoredReplica["configuration"]>): void {
    const before = stored.configuration;
    if (outgoing !== null) this.#marks.reach("consensus:joint");
    if (!before || outgoing === null) return;
    for (const { hubId } of voters) {
      const was = halvesOf(before)
        .flat()
        .find((one) => one.hubId === hubId);
      if (!was) this.#marks.reach("consensus:learner-promoted");
    }
    if (outgoing.some(({ hubId }) => !voters.some((one) => one.hubId === hubId)))
      this.#marks.reach("consensus:voter-removed");
  }
}

function isRaft(write: StoredWrite): write is RaftWrite {
  return write.table.startsWith("raft-");
}

function keyOf(hub: SimHub, group: GroupId): string {
  return `${hub.id}/${hub.storage.epoch}/${group}`;
}
