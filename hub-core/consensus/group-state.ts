/** What the log of a group builds: its strong keys, its proposals, and how every command ended. */

import { answered, type Reply } from "../common/problem.ts";
import { hash32 } from "../common/random.ts";
import { type GroupId, type HubId, type Millis, unreachable } from "../common/types.ts";
import { hashBytes, Reader, Writer } from "../wire/bytes.ts";
import { DecodeError, uint } from "../wire/codec.ts";
import type { KeyValues } from "../wire/key-values.ts";
import {
  type Applied,
  type ApplyContext,
  type Command,
  type Entry,
  encodeEntry,
  type ReplicatedState,
  type SessionName,
  type Verdict,
} from "../wire/log.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";
import {
  MAX_DECIDED,
  MAX_IDEMPOTENCY_BYTES,
  MAX_IDEMPOTENCY_KEYS,
  MAX_OUTCOME_BYTES,
  MAX_PENDING,
  MAX_SESSIONS,
} from "./limits.ts";
import { proposalAnswer } from "./proposals/proposal-answers.ts";
import { Proposals, type Validator } from "./proposals/proposals.ts";
import { proposalUnknown } from "./proposals/refusals.ts";
import { Sessions } from "./sessions.ts";

/** Of the codec, in snapshots: fixed, or a hub of the version before would see another state. */
const CODEC_VERSION = 2;
/** The first byte of a snapshot. Goes up when its form, or what an entry means, changes. */
const STATE_FORMAT = 1;

export interface GroupStateOptions {
  readonly group: GroupId;
  readonly keyValues: KeyValues;
  readonly validate: Validator;
}

export class GroupState implements ReplicatedState {
  readonly group: GroupId;
  /** For reading: only the log writes. */
  readonly keyValues: KeyValues;
  readonly proposals: Proposals;
  readonly #sessions = new Sessions();
  readonly #idempotency = new IdempotencyKeys();
  #hash = 0;

  constructor({ group, keyValues, validate }: GroupStateOptions) {
    this.group = group;
    this.keyValues = keyValues;
    this.proposals = new Proposals(group, keyValues, validate);
  }

  apply(entry: Entry, context: ApplyContext): readonly Applied[] {
    const bytes = encodeEntry(entry);
    this.#chain(hashBytes(bytes, 0, bytes.length));
    if (entry.body.kind === "noop") this.keyValues.refill(context.at);
    this.keyValues.lapse(context.at);
    this.proposals.lapse(context);
    const applied =
      entry.body.kind === "commands" ? entry.body.commands.map((command) => this.#run(command, context)) : [];
    this.#chain(this.keyValues.revision);
    this.#chain(this.pending);
    return applied;
  }

  outcome(session: SessionName): Reply | undefined {
    return this.#sessions.outcome(session);
  }

  verdicts(voter: HubId): readonly Verdict[] {
    return this.proposals.verdicts(voter);
  }

  get pending(): number {
    return this.proposals.pending;
  }

  nextLapse(): Millis {
    return Math.min(this.keyValues.nextLapse(), this.proposals.nextLapse());
  }

  get hash(): number {
    return this.#hash;
  }

  // ── Commands ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #run(command: Command, context: ApplyContext): Applied {
    const reply = this.#reply(command, context);
    // Not what a refusal says in words: that may differ between versions of the software, and nothing hangs on it.
    this.#chain(reply.ok ? reply.status : hash32(reply.problem.code));
    return { session: command.session, reply };
  }

  #reply(command: Command, context: ApplyContext): Reply {
    const { session, idempotency } = command;
    const ended = this.#sessions.begin(session);
    if (ended) return ended;
    const recalled = idempotency === null ? undefined : this.#idempotency.recall(idempotency, context.at);
    const reply = recalled ?? this.#carryOut(command, context);
    const json = JSON.stringify(reply);
    this.#sessions.settle(session, json);
    if (idempotency !== null && !recalled) this.#idempotency.record(idempotency, reply, json, context.at);
    return reply;
  }

  #carryOut({ operation, session }: Command, context: ApplyContext): Reply {
    switch (operation.kind) {
      case "put":
      case "delete":
      case "lease-grant":
      case "lease-renew":
      case "lease-revoke":
        return this.keyValues.apply(operation, context.at);
      case "lapse":
        return answered({ revision: this.keyValues.revision, group: this.group });
      case "propose":
        return this.proposals.propose(operation, session.hubId, context);
      case "vote":
        return this.proposals.vote(operation, session.hubId, context);
      case "withdraw":
        return this.proposals.withdraw(operation.proposalId, context);
      default:
        return unreachable(operation);
    }
  }

  #chain(word: number): void {
    this.#hash = Math.imul(this.#hash ^ (this.#hash >>> 15) ^ word, 0x01000193) >>> 0;
  }

  // ── Stored ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  encode(): Uint8Array<ArrayBuffer> {
    const writer = new Writer(CODEC_VERSION, 65_536);
    writer.u8(STATE_FORMAT);
    uint.write(writer, this.#hash);
    this.keyValues.write(writer);
    this.proposals.write(writer);
    this.#sessions.write(writer);
    this.#idempotency.write(writer);
    return writer.finish();
  }

  /** All or nothing: what cannot be read leaves everything as it was. */
  restore(data: Uint8Array): void {
    const reader = new Reader(data, CODEC_VERSION);
    const format = reader.u8();
    if (format !== STATE_FORMAT) throw new DecodeError(`a state of format ${format}, known is ${STATE_FORMAT}`);
    const hash = uint.read(reader);
    const parts = [this.keyValues, this.proposals, this.#sessions, this.#idempotency].map((part) => part.read(reader));
    if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes left over`);
    for (const put of parts) put();
    this.#hash = hash;
  }

  // ── Answers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** 404 `proposal_unknown` */
  proposal(proposalId: string): Reply {
    const found = this.proposals.get(proposalId);
    return found ? answered(proposalAnswer(found, this.group)) : proposalUnknown(proposalId);
  }

  /** A reply to `propose`, `vote` or `withdraw` is kept without the proposal's value: here it is again, while the proposal is kept. */
  withValue(reply: Reply): Reply {
    if (!reply.ok) return reply;
    const { proposal_id: proposalId } = reply.value as { readonly proposal_id?: string };
    const found = proposalId === undefined ? undefined : this.proposals.get(proposalId);
    return found ? { ...reply, value: { ...(reply.value as object), value: JSON.parse(found.value) } } : reply;
  }

  /** Used and limit, of everything that is bounded. */
  usage() {
    return {
      ...this.keyValues.usage(),
      pending_proposals: { used: this.pending, max: MAX_PENDING },
      decided_proposals: { used: this.proposals.decided, max: MAX_DECIDED },
      sessions: { used: this.#sessions.size, max: MAX_SESSIONS },
      outcome_bytes: { used: this.#sessions.bytes, max: MAX_OUTCOME_BYTES },
      idempotency_keys: { used: this.#idempotency.size, max: MAX_IDEMPOTENCY_KEYS },
      idempotency_bytes: { used: this.#idempotency.bytes, max: MAX_IDEMPOTENCY_BYTES },
    };
  }
}
