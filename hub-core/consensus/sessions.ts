/** Client sessions (Raft thesis §6.3): what is appended twice is applied once, whatever was lost or doubled on its way. */
import { type Reply, refused } from "../common/problem.ts";
import type { HubId } from "../common/types.ts";
import type { Reader, Writer } from "../wire/bytes.ts";
import { id } from "../wire/catalog.ts";
import { type Codec, list, struct, text, uint } from "../wire/codec.ts";
import type { Session, SessionName } from "../wire/log.ts";
import { MAX_OUTCOME_BYTES, MAX_OUTSTANDING, MAX_SESSIONS } from "./limits.ts";

/** Of JSON. A reply holds no value of a user, so it is far smaller. */
export const REPLY_BYTES = 262_144;

interface HubSession {
  readonly hubId: HubId;
  readonly replica: number;
  readonly incarnation: number;
  /** All below is settled: the hub wants no reply to it, so none is kept, and it is never applied any more. */
  floor: number;
  /** Replies as JSON, by `seq`. */
  readonly outcomes: Map<number, string>;
}

const stored: Codec<readonly StoredSession[]> = list(
  struct({
    hubId: id,
    replica: uint,
    incarnation: uint,
    floor: uint,
    outcomes: list(struct({ seq: uint, reply: text(REPLY_BYTES) }), MAX_OUTSTANDING),
  }),
  MAX_SESSIONS,
);
interface StoredSession extends Pick<HubSession, "hubId" | "replica" | "incarnation" | "floor"> {
  readonly outcomes: readonly { readonly seq: number; readonly reply: string }[];
}

export class Sessions {
  /** By hub and replica, the one that wrote longest ago first. */
  #sessions = new Map<string, HubSession>();
  #bytes = 0;

  get size(): number {
    return this.#sessions.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * How a command ended that is not to be applied: its first reply when it comes again, 409 `superseded` when its hub has started
   * anew since, 504 `outcome_unknown` when it is settled, 429 `too_many_commands`. Undefined: apply it, then `settle`.
   */
  begin({ hubId, replica, incarnation, seq, floor }: Session): Reply | undefined {
    const key = keyOf(hubId, replica);
    const known = this.#sessions.get(key);
    if (known && incarnation < known.incarnation) return superseded(hubId);
    const session =
      known?.incarnation === incarnation ? known : { hubId, replica, incarnation, floor, outcomes: new Map() };
    if (known && known !== session) this.#forget(known);
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size > MAX_SESSIONS) this.#forgetOldest();
    this.#raise(session, floor);
    if (seq < session.floor) return settled(hubId);
    const first = session.outcomes.get(seq);
    if (first !== undefined) return JSON.parse(first) as Reply;
    // By its own floor, so that a copy which comes later is refused as well.
    return seq - floor >= MAX_OUTSTANDING ? tooMany(hubId) : undefined;
  }

  /** The reply to a command for which `begin` had none. */
  settle({ hubId, replica, seq }: Session, reply: string): void {
    const session = this.#sessions.get(keyOf(hubId, replica)) as HubSession;
    session.outcomes.set(seq, reply);
    this.#bytes += reply.length;
    for (const other of this.#sessions.values()) {
      if (this.#bytes <= MAX_OUTCOME_BYTES) return;
      this.#shrink(other);
    }
  }

  outcome({ hubId, replica, incarnation, seq }: SessionName): Reply | undefined {
    const session = this.#sessions.get(keyOf(hubId, replica));
    const reply = session?.incarnation === incarnation ? session.outcomes.get(seq) : undefined;
    return reply === undefined ? undefined : (JSON.parse(reply) as Reply);
  }

  write(writer: Writer): void {
    stored.write(
      writer,
      [...this.#sessions.values()].map((session) => ({
        ...session,
        outcomes: bySeq(session).map(([seq, reply]) => ({ seq, reply })),
      })),
    );
  }

  read(reader: Reader): () => void {
    const sessions = stored.read(reader);
    return () => {
      this.#sessions = new Map(
        sessions.map(({ outcomes, ...session }) => [
          keyOf(session.hubId, session.replica),
          { ...session, outcomes: new Map(outcomes.map(({ seq, reply }) => [seq, reply])) },
        ]),
      );
      this.#bytes = 0;
      for (const { outcomes } of this.#sessions.values())
        for (const reply of outcomes.values()) this.#bytes += reply.length;
    };
  }

  #raise(session: HubSession, floor: number): void {
    if (floor <= session.floor) return;
    session.floor = floor;
    for (const [seq, reply] of session.outcomes) {
      if (seq >= floor) continue;
      session.outcomes.delete(seq);
      this.#bytes -= reply.length;
    }
  }

  /** Its replies go, the lowest first, until there is room. */
  #shrink(session: HubSession): void {
    for (const [seq] of bySeq(session)) {
      if (this.#bytes <= MAX_OUTCOME_BYTES) return;
      this.#raise(session, seq + 1);
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#sessions.values();
    if (oldest) this.#forget(oldest);
  }

  #forget(session: HubSession): void {
    for (const reply of session.outcomes.values()) this.#bytes -= reply.length;
    this.#sessions.delete(keyOf(session.hubId, session.replica));
  }
}

/** A Map keeps the order of the log, which commands may have reached out of turn. */
function bySeq({ outcomes }: HubSession): [number, string][] {
  return [...outcomes].sort(([a], [b]) => a - b);
}

function superseded(hubId: HubId): Reply<never> {
  return refused(
    409,
    "superseded",
    `${hubId} has started anew since it sent this, and it was not applied. Send it again.`,
  );
}

function settled(hubId: HubId): Reply<never> {
  const detail = `${hubId} has settled this command before, and how it ended is no longer kept. Read the state to see.`;
  return refused(504, "outcome_unknown", detail);
}

function tooMany(hubId: HubId): Reply<never> {
  const detail = `${hubId} has ${MAX_OUTSTANDING} commands under way, and this one was not applied. Send it again when some have ended.`;
  return refused(429, "too_many_commands", detail, { limits: { commands: { max: MAX_OUTSTANDING } } });
}

function keyOf(hubId: HubId, replica: number): string {
  return `${hubId} ${replica}`;
}
