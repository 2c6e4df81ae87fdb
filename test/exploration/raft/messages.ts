/** What is on its way, each message once by number. */
import type { HubId } from "../../../hub-core/common/types.ts";
import type { RaftMessage } from "../../../hub-core/consensus/raft/index.ts";
import { Canonical, type Renaming, type Texts } from "./canonical.ts";
import { entryOf } from "./entries.ts";
import type { View } from "./replicas.ts";

export interface Carried {
  readonly number: number;
  readonly from: HubId;
  readonly to: HubId;
  readonly message: RaftMessage;
  /** By renaming: the number of its text. */
  readonly texts: readonly number[];
  /** For people who read a trace. */
  readonly said: string;
}

export class Messages {
  readonly #all = new Map<string, Carried>();
  readonly #byNumber: Carried[] = [];
  readonly #renamings: readonly Renaming[];
  readonly #texts: Texts;

  constructor(renamings: readonly Renaming[], texts: Texts) {
    this.#renamings = renamings;
    this.#texts = texts;
  }

  carried(from: HubId, to: HubId, message: RaftMessage): Carried {
    const said = message.kind === "raft-append" ? { ...message, entries: message.entries.map(entryOf) } : message;
    const [plain, ...others] = this.#renamings.map((renaming) =>
      new Canonical(0, renaming).text({ sender: from, receiver: to, said }),
    );
    const known = this.#all.get(plain as string);
    if (known) return known;
    const texts = [plain as string, ...others].map((text) => this.#texts.number(text));
    const described = `${from} → ${to} ${detailOf(message)}`;
    const carried = { number: this.#byNumber.length, from, to, message, texts, said: described };
    this.#byNumber.push(carried);
    this.#all.set(plain as string, carried);
    return carried;
  }

  at(number: number): Carried {
    return this.#byNumber[number] as Carried;
  }
}

/** It changes nothing wherever it comes from now on, for terms only go up: it is as if it were lost. */
export function isSpent({ message }: Carried, { term, role }: View): boolean {
  switch (message.kind) {
    case "raft-appended":
    case "raft-append-refused":
      return message.term < term;
    case "raft-voted":
      // Who has stood in a term does not stand in it again.
      return (
        message.granted && !message.pre && (message.term < term || (message.term === term && role !== "candidate"))
      );
    default:
      return false;
  }
}

function detailOf(message: RaftMessage): string {
  const head = `${message.kind.replace("raft-", "")} t${message.term}`;
  switch (message.kind) {
    case "raft-vote":
      return `${head}${message.pre ? " pre" : ""} log ${message.lastIndex} t${message.lastTerm}`;
    case "raft-voted":
      return `${head}${message.pre ? " pre" : ""} ${message.granted ? "yes" : "no"}`;
    case "raft-append":
      return `${head} after ${message.prevIndex} t${message.prevTerm}: ${message.entries.map((bytes) => `${entryOf(bytes).body.kind} t${entryOf(bytes).term}`).join(", ") || "nothing"}; commit ${message.commit}`;
    case "raft-appended":
      return `${head} up to ${message.match}`;
    case "raft-append-refused":
      return `${head} after ${message.prevIndex}: at most ${message.index} t${message.conflictTerm}`;
    default:
      return head;
  }
}
