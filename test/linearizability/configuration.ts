/**
 * One way in which the history so far can have gone (Lowe 2017, "Testing for linearizability", just-in-time linearization): the state, and
 * which of the calls that are still open have had their effect. Calls that returned have had it in all of them.
 */
export interface Configuration<State> {
  readonly state: State;
  /** Open calls that took effect, sorted. */
  readonly done: readonly number[];
  /** How many of each class of alike calls of unknown outcome took effect, by class. */
  readonly used: readonly Use[];
  /** The call that took effect last, and what it took effect in; null at the beginning. */
  readonly last: Step | null;
}

export interface Use {
  readonly alike: number;
  readonly count: number;
}

/** The order so far, backwards. */
export interface Step {
  readonly call: number;
  readonly before: Step | null;
  readonly depth: number;
}

/** What the set needs to know of a model's states. */
export interface States<State> {
  bucket(state: State): string;
  covers(state: State, other: State): boolean;
}

/** Configurations without those that can do nothing another cannot: one whose state covers theirs and that used no more of the unknown calls. */
export class ConfigurationSet<State> {
  readonly #byKey = new Map<string, Configuration<State>[]>();
  readonly #states: States<State>;
  size = 0;

  constructor(states: States<State>) {
    this.#states = states;
  }

  /** False when it was there, or a better one was. */
  add(configuration: Configuration<State>): boolean {
    const key = `${configuration.done.join()}|${this.#states.bucket(configuration.state)}`;
    const rivals = this.#byKey.get(key);
    if (!rivals) {
      this.#byKey.set(key, [configuration]);
      this.size += 1;
      return true;
    }
    if (rivals.some((rival) => this.#noWorse(rival, configuration))) return false;
    const kept = rivals.filter((rival) => !this.#noWorse(configuration, rival));
    this.size += 1 + kept.length - rivals.length;
    kept.push(configuration);
    this.#byKey.set(key, kept);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<Configuration<State>> {
    for (const rivals of this.#byKey.values()) yield* rivals;
  }

  #noWorse(a: Configuration<State>, b: Configuration<State>): boolean {
    return usedNoMore(a.used, b.used) && this.#states.covers(a.state, b.state);
  }
}

/** Both sorted by class. */
function usedNoMore(a: readonly Use[], b: readonly Use[]): boolean {
  let at = 0;
  for (const { alike, count } of a) {
    while (at < b.length && (b[at] as Use).alike < alike) at += 1;
    const other = b[at];
    if (other?.alike !== alike || other.count < count) return false;
  }
  return true;
}

export function countOf(used: readonly Use[], alike: number): number {
  return used.find((use) => use.alike === alike)?.count ?? 0;
}

export function usedOnceMore(used: readonly Use[], alike: number): Use[] {
  const others = used.filter((use) => use.alike !== alike);
  const at = others.findIndex((use) => use.alike > alike);
  const use = { alike, count: countOf(used, alike) + 1 };
  return others.toSpliced(at < 0 ? others.length : at, 0, use);
}

export function withMember(sorted: readonly number[], member: number): number[] {
  const at = sorted.findIndex((other) => other > member);
  return sorted.toSpliced(at < 0 ? sorted.length : at, 0, member);
}

export function withoutMember(sorted: readonly number[], member: number): number[] {
  return sorted.filter((other) => other !== member);
}
