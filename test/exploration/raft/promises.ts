/** What Raft promises (Ongaro 2014, figure 3.2) of all replicas together, now and with what was ever so. */
import type { Configuration, Replica } from "../../../hub-core/wire/log.ts";
import { Canonical, HUBS, type Renaming } from "./canonical.ts";
import type { ReplicaState, Replicas, View } from "./replicas.ts";

interface Committed {
  /** Its number. */
  readonly entry: number;
  /** In which it was known to be committed first. */
  readonly term: number;
}

/** What no replica may remember any more: who led, and what was committed. */
export class History {
  /** By term; a hub's name, or empty. */
  readonly leaders: readonly string[];
  readonly committed: readonly Committed[];
  readonly #keys: string[] = [];

  constructor(leaders: readonly string[], committed: readonly Committed[]) {
    this.leaders = leaders;
    this.committed = committed;
  }

  key({ entries, texts }: Replicas, which: number, renaming: Renaming): string {
    const known = this.#keys[which];
    if (known !== undefined) return known;
    const canonical = new Canonical(0, renaming);
    const committed = this.committed.map(({ entry, term }) => ({ entry: entries.at(entry), term, bytes: 0 }));
    const key = String(texts.number(canonical.text([this.leaders, committed.map(({ entry, term }) => [entry, term])])));
    this.#keys[which] = key;
    return key;
  }
}

export const NOTHING_YET = new History([], []);

export interface Judgement {
  readonly history: History;
  readonly broken: readonly string[];
}

export function judge(all: Replicas, replicas: readonly ReplicaState[], before: History): Judgement {
  const broken: string[] = [];
  const leaders = ledBy(replicas, before, broken);
  const committed = committedBy(all, replicas, before, broken);
  complete(replicas, committed, broken);
  matching(all, replicas, broken);
  const same = leaders === before.leaders && committed === before.committed;
  return { history: same ? before : new History(leaders, committed), broken };
}

/** Election safety: at most one leader in a term. */
function ledBy(replicas: readonly ReplicaState[], before: History, broken: string[]): readonly string[] {
  let leaders = before.leaders;
  for (const { self, view } of replicas) {
    if (view.role !== "leader") continue;
    const known = leaders[view.term] ?? "";
    if (known === self) continue;
    if (known !== "") broken.push(`election safety: ${known} and ${self} lead in term ${view.term}`);
    leaders = Array.from({ length: Math.max(leaders.length, view.term + 1) }, (_, term) =>
      term === view.term ? self : (leaders[term] ?? ""),
    );
  }
  return leaders;
}

/** State machine safety: what was committed anywhere is what is committed, or will be, at that index everywhere. */
function committedBy(
  all: Replicas,
  replicas: readonly ReplicaState[],
  before: History,
  broken: string[],
): readonly Committed[] {
  let committed = before.committed;
  for (const replica of replicas) {
    const { self, view } = replica;
    for (let at = 0; at < view.commit; at++) {
      const entry = view.log[at] as number;
      const known = committed[at];
      if (known && known.entry !== entry)
        broken.push(`state machine safety: ${self} has committed another entry at ${at + 1} than was committed before`);
      if (known) continue;
      committed = [...committed, { entry, term: view.term }];
      if (!isDurable(all, replicas, replica, at))
        broken.push(`durability: ${self} takes ${at + 1} for committed, and too few voters have stored it`);
    }
  }
  return committed;
}

/** By the configuration in force; a follower counts by one of those in its log from there on. */
function isDurable(all: Replicas, replicas: readonly ReplicaState[], by: ReplicaState, at: number): boolean {
  const has = ({ hubId }: Replica): boolean => {
    const there = replicas[HUBS.indexOf(hubId as (typeof HUBS)[number])];
    return there?.view.stored[at] === by.view.log[at];
  };
  return inForce(all, by.view, at).some((one) => isStoredByMajorities(one, has));
}

/**
 * The configurations by which the entry may have been counted. A leader counts by its last one. It ends a joint one once that is
 * committed, perhaps in the same step: what stands before that end was counted by the joint one. A follower counts by any that it has.
 */
function inForce({ entries }: Replicas, { role, log }: View, at: number): Configuration[] {
  const all = log.flatMap((number, place) => {
    const { body } = entries.at(number);
    return body.kind === "configuration" ? [{ place, configuration: body.configuration }] : [];
  });
  const first = all.findLastIndex(({ place }) => place <= at);
  if (role !== "leader") return all.slice(first).map(({ configuration }) => configuration);
  const end = all.findIndex(
    ({ configuration, place }, n) =>
      n > 0 && place > at && configuration.outgoing === null && all[n - 1]?.configuration.outgoing !== null,
  );
  const counted = end < 0 ? all.slice(-1) : all.slice(end - 1, (all[end - 1]?.place ?? 0) >= at ? end : undefined);
  return counted.map(({ configuration }) => configuration);
}

/** Counted here once more, for the machine's own count is what is judged. */
function isStoredByMajorities({ voters, outgoing }: Configuration, has: (member: Replica) => boolean): boolean {
  return [voters, ...(outgoing ? [outgoing] : [])].every((set) => 2 * set.filter(has).length > set.length);
}

/** Leader completeness: who leads in a later term has all that was committed. */
function complete(replicas: readonly ReplicaState[], committed: readonly Committed[], broken: string[]): void {
  for (const { self, view } of replicas) {
    if (view.role !== "leader") continue;
    const lacks = committed.findIndex(({ entry, term }, at) => term <= view.term && view.log[at] !== entry);
    if (lacks >= 0) broken.push(`leader completeness: ${self} leads in term ${view.term} without ${lacks + 1}`);
  }
}

/** Log matching: two logs with an entry of the same term at an index are the same up to there. */
function matching({ entries }: Replicas, replicas: readonly ReplicaState[], broken: string[]): void {
  for (const [place, one] of replicas.entries()) {
    for (const other of replicas.slice(place + 1)) {
      if (one.view.logNumber === other.view.logNumber) continue;
      const [a, b] = [one.view.log, other.view.log];
      let agreed = Math.min(a.length, b.length);
      while (agreed > 0 && entries.at(a[agreed - 1] as number).term !== entries.at(b[agreed - 1] as number).term)
        agreed--;
      for (let at = 0; at < agreed; at++) {
        if (a[at] === b[at]) continue;
        broken.push(`log matching: ${one.self} and ${other.self} differ at ${at + 1} and agree after it`);
        break;
      }
    }
  }
}
