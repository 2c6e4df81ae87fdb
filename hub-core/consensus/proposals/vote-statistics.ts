/** How each voter votes, and how fast, over the proposals that asked for votes. */
import { isoTime } from "../../common/iso-time.ts";
import type { GroupId, HubId, Millis } from "../../common/types.ts";
import type { Reader, Writer } from "../../wire/bytes.ts";
import { id } from "../../wire/catalog.ts";
import { type Decoded, list, nullable, oneOf, struct, uint } from "../../wire/codec.ts";
import { VOTES, type Vote } from "../../wire/log.ts";
import { LATENCIES_KEPT, MAX_VOTERS_RECORDED } from "../limits.ts";
import { halves, type Proposal } from "./proposal.ts";

const record = struct({
  voter: id,
  yes: uint,
  no: uint,
  /** Proposals that were decided without its vote. */
  missed: uint,
  /** From opening to vote in log time, the latest last. */
  latencies: list(uint, LATENCIES_KEPT),
  last: nullable(struct({ proposalId: id, vote: oneOf(VOTES), at: uint })),
});
type VoterRecord = Decoded<typeof record>;

const stored = list(record, MAX_VOTERS_RECORDED);

export class VoteStatistics {
  /** The one that changed longest ago first. */
  #records = new Map<HubId, VoterRecord>();

  voted(voter: HubId, vote: Vote, { proposalId, openedAt }: Proposal, at: Millis): void {
    const before = this.#of(voter);
    this.#put({
      ...before,
      [vote]: before[vote] + 1,
      latencies: [...before.latencies, Math.max(0, at - openedAt)].slice(-LATENCIES_KEPT),
      last: { proposalId, vote, at },
    });
  }

  decided({ electorate, votes }: Proposal): void {
    const silent = new Set(halves(electorate).flat());
    for (const { voter } of votes) silent.delete(voter);
    for (const voter of silent) {
      const before = this.#of(voter);
      this.#put({ ...before, missed: before.missed + 1 });
    }
  }

  /** By hub id. */
  answers(group: GroupId) {
    return [...this.#records.values()]
      .sort((a, b) => (a.voter < b.voter ? -1 : 1))
      .map(({ voter, yes, no, missed, latencies, last }) => ({
        hub_id: voter,
        group,
        yes,
        no,
        missed,
        median_latency_ms: median(latencies),
        last_vote: last && { proposal_id: last.proposalId, vote: last.vote, at: isoTime(last.at) },
      }));
  }

  write(writer: Writer): void {
    stored.write(writer, [...this.#records.values()]);
  }

  read(reader: Reader): () => void {
    const records = stored.read(reader);
    return () => {
      this.#records = new Map(records.map((one) => [one.voter, one]));
    };
  }

  #of(voter: HubId): VoterRecord {
    return this.#records.get(voter) ?? { voter, yes: 0, no: 0, missed: 0, latencies: [], last: null };
  }

  #put(changed: VoterRecord): void {
    this.#records.delete(changed.voter);
    this.#records.set(changed.voter, changed);
    if (this.#records.size <= MAX_VOTERS_RECORDED) return;
    const [oldest] = this.#records.keys();
    this.#records.delete(oldest as HubId);
  }
}

/** Of an even number, the lower of the two in the middle; null of none. */
function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
