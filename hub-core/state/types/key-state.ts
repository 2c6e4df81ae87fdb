/**
 * The state of one key: a join-semilattice that every type lives in (Almeida 2018, "Delta state replicated data types", §7).
 * Entries are a dot store with a causal context; tallies of counters are maxima. A delta is a state too, and a state joined
 * with the deltas of others, in any order, in part or twice, is what it would be with their whole states.
 */
import { CausalContext } from "../clocks/causal-context.ts";
import { type Actor, compareDots, type Dot, dotKey } from "../clocks/dot.ts";

/** What an entry is part of. `field` and `field-set` are a map's: a value, or an element of a nested set. */
export const SLOTS = ["lww", "mv", "set", "field", "field-set"] as const;
export type Slot = (typeof SLOTS)[number];

export interface Entry {
  readonly dot: Dot;
  readonly slot: Slot;
  /** Of a map; "" elsewhere. */
  readonly field: string;
  /** Canonical JSON, so that equal values are equal texts. */
  readonly value: string;
}

/** What one actor added and took away, and how much of either is forgotten by a removal that saw it. */
export interface Tally {
  /** Of a map; "" for a key that is a counter itself. */
  readonly field: string;
  readonly actor: Actor;
  readonly added: number;
  readonly taken: number;
  readonly addedGone: number;
  readonly takenGone: number;
}

export interface KeyState {
  readonly context: CausalContext;
  /** By dot. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** By `tallyKey`. */
  readonly tallies: ReadonlyMap<string, Tally>;
}

export const EMPTY: KeyState = { context: new CausalContext(), entries: new Map(), tallies: new Map() };

export function tallyKey({ field, actor }: Pick<Tally, "field" | "actor">): string {
  return `${actor}/${field}`;
}

export function stateOf(context: CausalContext, entries: Iterable<Entry>, tallies: Iterable<Tally> = []): KeyState {
  return {
    context,
    entries: new Map([...entries].map((entry) => [dotKey(entry.dot), entry])),
    tallies: new Map([...tallies].map((tally) => [tallyKey(tally), tally])),
  };
}

export function join(a: KeyState, b: KeyState): KeyState {
  const entries = new Map<string, Entry>();
  // An entry that the other has seen and does not hold was removed there.
  for (const [key, entry] of a.entries) if (b.entries.has(key) || !b.context.has(entry.dot)) entries.set(key, entry);
  for (const [key, entry] of b.entries) if (a.entries.has(key) || !a.context.has(entry.dot)) entries.set(key, entry);
  const tallies = new Map(a.tallies);
  for (const [key, tally] of b.tallies) tallies.set(key, higher(tally, tallies.get(key)));
  return { context: a.context.join(b.context), entries, tallies };
}

/** Whether `b` brings nothing to `a`: their join is `a`. */
export function covers(a: KeyState, b: KeyState): boolean {
  if (!a.context.covers(b.context)) return false;
  for (const [key, entry] of a.entries) if (!b.entries.has(key) && b.context.has(entry.dot)) return false;
  for (const [key, tally] of b.tallies) {
    const here = a.tallies.get(key);
    if (here === undefined || !sameTally(higher(tally, here), here)) return false;
  }
  return true;
}

export function isLiveTally({ added, taken, addedGone, takenGone }: Tally): boolean {
  return added > addedGone || taken > takenGone;
}

/** Nothing is left but the memory of what was there. */
export function isDead(state: KeyState): boolean {
  return state.entries.size === 0 && ![...state.tallies.values()].some(isLiveTally);
}

/** In the order of their dots. */
export function entriesIn(state: KeyState, slot: Slot, field = ""): Entry[] {
  return [...state.entries.values()]
    .filter((entry) => entry.slot === slot && entry.field === field)
    .sort((a, b) => compareDots(a.dot, b.dot));
}

/** A delta that removes these entries and makes `made`; `dot` stands for the write itself. */
export function replacing(removed: readonly Entry[], made: readonly Entry[], dot: Dot): KeyState {
  const dots = [...removed, ...made].map((entry) => entry.dot);
  return stateOf(new CausalContext([], [...dots, dot]), made);
}

/** The same, said by an actor that holds all that it wrote up to the stamp. */
export function vouchedBy(state: KeyState, actor: Actor, stamp: number): KeyState {
  return { ...state, context: state.context.join(new CausalContext([[actor, stamp]])) };
}

function higher(a: Tally, b: Tally | undefined): Tally {
  if (b === undefined) return a;
  return {
    field: a.field,
    actor: a.actor,
    added: Math.max(a.added, b.added),
    taken: Math.max(a.taken, b.taken),
    addedGone: Math.max(a.addedGone, b.addedGone),
    takenGone: Math.max(a.takenGone, b.takenGone),
  };
}

function sameTally(a: Tally, b: Tally): boolean {
  return a.added === b.added && a.taken === b.taken && a.addedGone === b.addedGone && a.takenGone === b.takenGone;
}
