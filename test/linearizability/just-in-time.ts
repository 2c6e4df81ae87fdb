/**
 * Whether calls that overlapped can have had their effects one after the other, each between its invocation and its return (Wing & Gong 1993).
 * Lowe's way ("Testing for linearizability", 2017): walk through the history in time, keep every configuration it can be in, and let calls
 * take effect only when one that returns needs them to. So the work is in the number of calls open at a time, not in the length.
 *
 * Calls of unknown outcome stay open for ever, which is where naive searches explode. Here alike ones are counted instead of told apart,
 * a configuration that has used more of them than another that is equal otherwise is dropped, and the search is narrow at first: an order
 * that is found is an order, however many were not looked at. Only when none is found does it widen (Ginsberg & Harvey 1992).
 */
import {
  type Configuration,
  ConfigurationSet,
  countOf,
  type Step,
  type Use,
  usedOnceMore,
  withMember,
  withoutMember,
} from "./configuration.ts";
import type { Call, Model } from "./model.ts";

export type Ordering<State> =
  | { readonly kind: "ordered"; readonly order: readonly number[]; readonly configurations: number }
  | ({ readonly kind: "stuck"; readonly configurations: number } & Stuck<State>)
  /** Too many ways to look at: neither right nor wrong. */
  | { readonly kind: "undecided"; readonly configurations: number };

export interface Stuck<State> {
  /** The call that cannot be ordered with those before it. */
  readonly call: number;
  /** Calls that were open with it. */
  readonly open: readonly number[];
  /** Open calls that could never take effect once `call` had. */
  readonly excluded: readonly number[];
  /** The longest order that was found without it, and the state after it. */
  readonly order: readonly number[];
  readonly state: State;
}

/** Configurations explored before a search is given up; about ten seconds of work. */
export const MOST_CONFIGURATIONS = 5_000_000;
/** Configurations kept from one return to the next, at each attempt. */
const WIDTHS = [64, 640, 6_400];
/** As many times the width may be looked at on the way to the next return: that bounds memory, at some 100 MB. */
const DETOURS = 16;

/** `limit`: configurations explored, over all attempts. */
export function linearize<State, Op>(
  calls: readonly Call<Op>[],
  model: Model<State, Op>,
  limit = MOST_CONFIGURATIONS,
): Ordering<State> {
  const events = inTime(calls);
  let explored = 0;
  for (const width of WIDTHS) {
    const search = new Search(calls, model, width, limit - explored);
    const stuck = firstStuck(search, events);
    explored += search.explored;
    if (!stuck) return { kind: "ordered", order: search.order(), configurations: explored };
    if (!search.narrowed) return { kind: "stuck", ...stuck, configurations: explored };
    if (explored >= limit) break;
  }
  return { kind: "undecided", configurations: explored };
}

interface CallEvent {
  readonly call: number;
  readonly returns: boolean;
}

function firstStuck<State>(search: Search<State, unknown>, events: readonly CallEvent[]): Stuck<State> | null {
  for (const { call, returns } of events) {
    const stuck = returns ? search.returned(call) : search.invoked(call);
    if (stuck) return stuck;
  }
  return null;
}

/** Invocations before returns of the same time: those calls may have overlapped. */
function inTime(calls: readonly Call<unknown>[]): CallEvent[] {
  const events = calls.flatMap(({ invokedAt, returnedAt }, call) => [
    { call, at: invokedAt, returns: false },
    ...(returnedAt === Number.POSITIVE_INFINITY ? [] : [{ call, at: returnedAt, returns: true }]),
  ]);
  return events.sort((a, b) => a.at - b.at || Number(a.returns) - Number(b.returns) || a.call - b.call);
}

/** Calls of unknown outcome that can stand for each other, in the order of their invocations: the earliest are used first. */
interface Alike<Op> {
  readonly id: number;
  readonly op: Op;
  readonly members: number[];
}

class Search<State, Op> {
  readonly #calls: readonly Call<Op>[];
  readonly #model: Model<State, Op>;
  readonly #width: number;
  readonly #limit: number;
  #configurations: readonly Configuration<State>[];
  /** Calls that will return. */
  #open: number[] = [];
  readonly #classes: Alike<Op>[] = [];
  readonly #alike = new Map<string, Alike<Op>>();
  #unspent: Alike<Op>[] = [];
  #sweepAt = 8;
  /** Configurations made so far. */
  explored = 1;
  /** Some were put aside for want of room. */
  narrowed = false;
  #excluded = new Set<number>();

  constructor(calls: readonly Call<Op>[], model: Model<State, Op>, width: number, limit: number) {
    this.#calls = calls;
    this.#model = model;
    this.#width = width;
    this.#limit = limit;
    this.#configurations = [{ state: model.initial, done: [], used: [], last: null }];
  }

  invoked(call: number): Stuck<State> | null {
    const { op, returnedAt } = this.#calls[call] as Call<Op>;
    if (returnedAt === Number.POSITIVE_INFINITY) {
      this.#offer(call, op);
      return null;
    }
    this.#open.push(call);
    const left: Configuration<State>[] = [];
    for (const configuration of this.#configurations) {
      if (this.#model.never(configuration.state, op)) continue;
      left.push(this.#showsNothing(configuration.state, op) ? withDone(configuration, call) : configuration);
    }
    if (left.length === 0) return this.#stuck(call);
    this.#configurations = left;
    return null;
  }

  returned(call: number): Stuck<State> | null {
    const next = new ConfigurationSet<State>(this.#model);
    const seen = new ConfigurationSet<State>(this.#model);
    const frontier: Configuration<State>[] = [];
    this.#excluded.clear();
    const reach = (configuration: Configuration<State>): void => {
      if (configuration.done.includes(call))
        next.add({ ...configuration, done: withoutMember(configuration.done, call) });
      else if (seen.size >= DETOURS * this.#width || this.explored >= this.#limit) this.narrowed = true;
      else if (seen.add(configuration)) frontier.push(configuration);
    };
    for (const configuration of this.#configurations) reach(configuration);
    // First in, first out: those that used fewer unknown calls come first, and make the others needless.
    for (let at = 0; at < frontier.length; at++) this.#expand(frontier[at] as Configuration<State>, reach);
    if (next.size === 0) return this.#stuck(call);
    this.#configurations = this.#narrow([...next]);
    this.#open = withoutMember(this.#open, call);
    if (this.#unspent.length > this.#sweepAt) this.#sweep();
    return null;
  }

  order(): number[] {
    return orderOf(this.#deepest().last);
  }

  /** Keeps those that used the smallest share of the unknown calls: they have the most left to explain what is to come. */
  #narrow(configurations: Configuration<State>[]): Configuration<State>[] {
    if (configurations.length <= this.#width) return configurations;
    this.narrowed = true;
    const kept = configurations.map((configuration) => ({ configuration, share: this.#shareUsed(configuration) }));
    kept.sort((a, b) => a.share - b.share);
    return kept.slice(0, this.#width).map(({ configuration }) => configuration);
  }

  #shareUsed({ used }: Configuration<State>): number {
    return used.reduce((sum, { alike, count }) => sum + count / this.#classOf(alike).members.length, 0);
  }

  /** Everything that can take effect next. */
  #expand(configuration: Configuration<State>, reach: (next: Configuration<State>) => void): void {
    for (const call of this.#open) {
      if (configuration.done.includes(call)) continue;
      const next = this.#after(configuration, call, configuration.used);
      if (next) reach({ ...next, done: withMember(next.done, call) });
    }
    for (const { id, members } of this.#unspent) {
      const call = members[countOf(configuration.used, id)];
      if (call === undefined) continue;
      const next = this.#after(configuration, call, usedOnceMore(configuration.used, id));
      if (next) reach(next);
    }
  }

  /** Null when `call` cannot take effect now, or another open call then never could. */
  #after({ state, done, last }: Configuration<State>, call: number, used: readonly Use[]): Configuration<State> | null {
    const after = this.#model.step(state, (this.#calls[call] as Call<Op>).op);
    if (after === null) return null;
    this.explored += 1;
    const shown: number[] = [];
    for (const open of this.#open) {
      if (open === call || done.includes(open)) continue;
      const { op } = this.#calls[open] as Call<Op>;
      if (this.#model.never(after, op)) {
        this.#excluded.add(open);
        return null;
      }
      if (this.#showsNothing(after, op)) shown.push(open);
    }
    const unspent = used.filter(({ alike }) => !this.#model.never(after, this.#classOf(alike).op));
    let next: Configuration<State> = { state: after, done, used: unspent, last: stepTo(last, call) };
    for (const open of shown) next = withDone(next, open);
    return next;
  }

  /** A look at the state that changes nothing may as well be taken at once: having taken it forbids nothing. */
  #showsNothing(state: State, op: Op): boolean {
    const after = this.#model.step(state, op);
    if (after === null || after === state) return after !== null;
    return this.#model.bucket(after) === this.#model.bucket(state) && this.#model.covers(after, state);
  }

  #offer(call: number, op: Op): void {
    const name = this.#model.alike(op);
    const known = this.#alike.get(name);
    if (known) {
      known.members.push(call);
      return;
    }
    const alike = { id: this.#classes.length, op, members: [call] };
    this.#classes.push(alike);
    this.#alike.set(name, alike);
    this.#unspent.push(alike);
  }

  #classOf(id: number): Alike<Op> {
    return this.#classes[id] as Alike<Op>;
  }

  /** Forgets the classes that can take effect in no configuration any more. */
  #sweep(): void {
    this.#unspent = this.#unspent.filter(
      ({ op }) => !this.#configurations.every(({ state }) => this.#model.never(state, op)),
    );
    this.#sweepAt = 2 * this.#unspent.length + 8;
  }

  #deepest(): Configuration<State> {
    return this.#configurations.reduce((best, other) => (depthOf(other) > depthOf(best) ? other : best));
  }

  #stuck(call: number): Stuck<State> {
    const deepest = this.#deepest();
    return {
      call,
      open: this.#open.filter((open) => open !== call && !deepest.done.includes(open)),
      excluded: [...this.#excluded].filter((open) => open !== call).sort((a, b) => a - b),
      order: orderOf(deepest.last),
      state: deepest.state,
    };
  }
}

function withDone<State>(configuration: Configuration<State>, call: number): Configuration<State> {
  return {
    ...configuration,
    done: withMember(configuration.done, call),
    last: stepTo(configuration.last, call),
  };
}

function stepTo(before: Step | null, call: number): Step {
  return { call, before, depth: (before?.depth ?? 0) + 1 };
}

function depthOf({ last }: Configuration<unknown>): number {
  return last?.depth ?? 0;
}

function orderOf(last: Step | null): number[] {
  const order: number[] = [];
  for (let step = last; step; step = step.before) order.push(step.call);
  return order.reverse();
}
