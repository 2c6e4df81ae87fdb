/** One client of one group: at one hub after the other, one request after the other, and now and then a burst. */
import { isDeepStrictEqual } from "node:util";
import type { Reply } from "../../../../hub-core/common/problem.ts";
import type { Random } from "../../../../hub-core/common/random.ts";
import type { DurationMs, GroupId } from "../../../../hub-core/common/types.ts";
import type { ConsensusRequest } from "../../../../hub-core/consensus/index.ts";
import type { GroupRecord } from "../../consensus/group-record.ts";
import { Violation } from "../../failure.ts";
import type { SimHub } from "../../sim-hub.ts";
import type { World } from "../../world.ts";
import type { Histories } from "./histories.ts";
import { ask } from "./questions.ts";

/** A retry of a write that may have been applied waits about this long. */
const RETRY_MS: DurationMs = 300;
const MAX_RETRIES = 3;

export interface ClientParts {
  readonly world: World;
  readonly random: Random;
  readonly group: GroupRecord;
  readonly histories: Histories;
  readonly name: string;
  /** Nothing new is begun any more. */
  readonly resting: () => boolean;
  /** Nor for the time being: a group that nobody asks anything falls silent. */
  readonly idle: () => boolean;
}

/** Of requests with an Idempotency-Key, the latest: to be sent again much later. */
const REMEMBERED = 32;

interface Answered {
  readonly request: ConsensusRequest;
  readonly reply: Reply;
}

export class Client {
  readonly #parts: ClientParts;
  readonly #answered: Answered[] = [];
  #keys = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  get world(): World {
    return this.#parts.world;
  }

  get random(): Random {
    return this.#parts.random;
  }

  get groupId(): GroupId {
    return this.#parts.group.id;
  }

  get group(): GroupRecord {
    return this.#parts.group;
  }

  get histories(): Histories {
    return this.#parts.histories;
  }

  get name(): string {
    return this.#parts.name;
  }

  get idle(): boolean {
    return this.#parts.idle();
  }

  get resting(): boolean {
    return this.#parts.resting();
  }

  /** A member of the group that lives, often one that leads it, or thinks so; undefined when none lives. */
  hub(): SimHub | undefined {
    const { group, world } = this.#parts;
    if (this.random.below(3) === 0) {
      const leads = (hub: SimHub): boolean =>
        world.replicas(hub).some((one) => one.group === group.id && one.role === "leader");
      const leader = this.random.pick(group.members.filter(leads));
      if (leader) return leader;
    }
    return this.random.pick(this.group.members.filter(({ alive }) => alive));
  }

  idempotencyKey(): string {
    this.#keys += 1;
    return `${this.groupId}/${this.name}/${this.#keys}`;
  }

  ask(hub: SimHub, request: ConsensusRequest, answered: (reply: Reply | null) => void): void {
    ask(this.world, hub, request, answered);
  }

  /** After a time that is exponential around `mean`. */
  later(mean: DurationMs, act: () => void): void {
    this.world.clock.after(1 - mean * Math.log(1 - this.random.float()), act);
  }

  /**
   * Asks, and again elsewhere while the outcome is unknown and the request carries an Idempotency-Key.
   * @param answered hears the last word, and whether an attempt before it may have been applied.
   */
  insist(
    hub: SimHub,
    request: ConsensusRequest,
    answered: (reply: Reply | null, mayHaveBefore: boolean) => void,
  ): void {
    const again = "idempotencyKey" in request && request.idempotencyKey !== undefined;
    const attempt = (at: SimHub, retries: number): void => {
      this.ask(at, request, (reply) => {
        const unknown = reply === null || (!reply.ok && reply.problem.status === 504);
        if (again && reply?.ok) this.#remember({ request, reply });
        if (!again || !unknown || retries === MAX_RETRIES || this.resting) return answered(reply, retries > 0);
        this.later(RETRY_MS, () => {
          const next = this.hub();
          if (!next) return answered(reply, retries > 0);
          this.world.marks.reach("workload:retried-elsewhere");
          attempt(next, retries + 1);
        });
      });
    };
    attempt(hub, 0);
  }

  /** Asks again what was answered long ago: it has no effect, and gets the same answer from whatever hub. */
  repeat(done: () => void): void {
    const hub = this.hub();
    const before = this.random.pick(this.#answered);
    if (!hub || !before) return done();
    this.ask(hub, before.request, (reply) => {
      done();
      const known = reply !== null && (reply.ok || reply.problem.status < 429);
      this.world.marks.reach(`workload:repeated-${known ? "known" : "unknown"}`);
      if (!known || isDeepStrictEqual(reply, before.reply)) return;
      throw new Violation(
        "same-key-same-answer",
        `${hub.id} answered ${JSON.stringify(reply)} to what was answered with ${JSON.stringify(before.reply)}`,
      );
    });
  }

  #remember(answered: Answered): void {
    // A proposal is told as it stands, which changes.
    if (answered.request.kind === "proposal-create") return;
    this.#answered.push(answered);
    if (this.#answered.length > REMEMBERED) this.#answered.splice(this.random.below(REMEMBERED), 1);
  }
}
