/** All clients of all groups, and what they must be able to say at the end. */
import type { Random } from "../../../../hub-core/common/random.ts";
import type { DurationMs } from "../../../../hub-core/common/types.ts";
import { check, findingOf } from "../../../linearizability/check.ts";
import { describeVerdict } from "../../../linearizability/report.ts";
import type { GroupRecord } from "../../consensus/group-record.ts";
import type { Groups } from "../../consensus/groups.ts";
import { Violation } from "../../failure.ts";
import type { World } from "../../world.ts";
import { Ballots } from "./ballots.ts";
import { Client } from "./client.ts";
import { Histories } from "./histories.ts";
import { Locks } from "./locks.ts";
import { Registers } from "./registers.ts";

const REGISTER_CLIENTS = 3;
const LOCK_CLIENTS = 2;
/** All clients of a group pause about this often, for this long. */
const BUSY_MS: DurationMs = 30_000;
const IDLE_MS: DurationMs = 15_000;
/** So many times as long now and then. */
const LONG = 6;

export interface Consultation {
  /** Clients begin nothing any more. */
  rest(): void;
  /** Once healed: a write at every hub of every group, then a read of every key. Null when all were answered well. */
  complaint(): string | null;
  /** Every recorded history, against the promises of strong keys. Throws. */
  check(): void;
}

export function consult(world: World, groups: Groups): Consultation {
  const histories = new Histories(groups, world);
  const state = { resting: false };
  const last: LastWords[] = [];
  for (const group of groups.all()) {
    const random = world.random(`clients of ${group.id}`);
    const pause = pauses(world, random);
    const client = (name: string): Client =>
      new Client({ world, random, group, histories, name, resting: () => state.resting, idle: pause });
    for (let number = 1; number <= REGISTER_CLIENTS; number++) new Registers(client(`client ${number}`)).start();
    for (let number = 1; number <= LOCK_CLIENTS; number++) new Locks(client(`contender ${number}`)).start();
    new Ballots(client("proposer")).start();
    last.push(new LastWords(group, new Registers(client("last words"))));
  }
  return {
    rest: () => {
      state.resting = true;
    },
    complaint: () => last.map((words) => words.complaint()).find((open) => open !== null) ?? null,
    check: () => {
      for (const [group, history] of histories.entries()) {
        const verdict = check(history, { versions: { rewrite: "higher", recreate: "higher" } });
        world.marks.reach(`consensus:history-${findingOf(verdict)}`);
        if (findingOf(verdict) === "violated")
          throw new Violation("linearizable", `${group}: ${describeVerdict(verdict)}`);
      }
    },
  };
}

function pauses(world: World, random: Random): () => boolean {
  let idle = false;
  const turn = (): void => {
    const long = idle && random.below(4) === 0 ? LONG : 1;
    world.clock.after(long * random.jitter(idle ? IDLE_MS : BUSY_MS, 0.5), () => {
      idle = !idle;
      turn();
    });
  };
  turn();
  return () => idle;
}

/** One write at each hub of a group, one after the other, then one read of each key. */
class LastWords {
  readonly #group: GroupRecord;
  readonly #registers: Registers;
  #state: "not begun" | "under way" | "done" = "not begun";
  #open = "";

  constructor(group: GroupRecord, registers: Registers) {
    this.#group = group;
    this.#registers = registers;
  }

  complaint(): string | null {
    if (this.#state === "not begun") {
      this.#state = "under way";
      this.#writeAt(0);
    }
    return this.#state === "done" ? null : `${this.#group.id}: ${this.#open}`;
  }

  #writeAt(position: number): void {
    const hub = this.#group.members[position];
    if (!hub) return this.#readAt(0);
    this.#open = `a write at ${hub.id} is not answered`;
    const keys = this.#registers.keys();
    const key = keys[position % keys.length] ?? "r/0";
    this.#registers.write(hub, key, (written) => {
      if (!written)
        throw new Violation(
          "writes-succeed",
          `${hub.id} is well, and so is its group ${this.#group.id}, and a write failed`,
        );
      this.#writeAt(position + 1);
    });
  }

  #readAt(position: number): void {
    const key = this.#registers.keys()[position];
    const hub = this.#group.members[position % this.#group.members.length];
    if (!key || !hub) {
      this.#state = "done";
      return;
    }
    this.#open = `a read of ${key} at ${hub.id} is not answered`;
    this.#registers.read(hub, key, () => this.#readAt(position + 1));
  }
}
