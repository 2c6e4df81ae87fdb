/** What writers of eventual state were promised: kept beside the hubs, and held against every one of them in the end. */
import type { Json } from "../../../hub-core/common/types.ts";
import type { EventualValue } from "../../../hub-core/state/index.ts";
import type { SimHub } from "../sim-hub.ts";

/** Where a write was done, and in which life of that hub's storage: what a lost storage promised does not bind. */
export interface Place {
  readonly hub: SimHub;
  readonly epoch: number;
  /** All living hubs were seen to have it. Then it binds whatever storage is lost. */
  isEverywhere: boolean;
}

interface Counted {
  readonly by: number;
  /** Null while nobody knows how it ended. */
  answered: Place | null;
  attempts: number;
}

interface Element {
  /** Null while nobody knows whether it was added. */
  added: Place | null;
  /** How often somebody asked for its removal, and perhaps got it. */
  removals: number;
  /** Where a removal that saw it was done. */
  removed: Place | null;
  /** Where it was added again at the very instant of a removal, by somebody who could not know of it, and the removals until then. */
  contest: { readonly place: Place; readonly removals: number } | null;
  contested: boolean;
}

interface Register {
  /** Revisions of the writes that were answered, by value. */
  readonly answered: Map<string, { readonly place: Place; readonly revision: number }>;
  readonly asked: Set<string>;
}

export function placeOf(hub: SimHub): Place {
  return { hub, epoch: hub.storage.epoch, isEverywhere: false };
}

function binds(place: Place | null): boolean {
  return place !== null && (place.isEverywhere || place.hub.storage.epoch === place.epoch);
}

export class StateLedger {
  readonly #counters = new Map<string, Counted[]>();
  readonly #sets = new Map<string, Map<string, Element>>();
  readonly #registers = new Map<string, Register>();
  /** Removals of a whole set that may still be done. */
  readonly #pending = new Map<string, number>();

  counting(key: string, by: number): Counted {
    const counted: Counted = { by, answered: null, attempts: 1 };
    this.#counters.set(key, [...(this.#counters.get(key) ?? []), counted]);
    return counted;
  }

  element(key: string, value: string): Element {
    const set = this.#sets.get(key) ?? new Map<string, Element>();
    this.#sets.set(key, set);
    const removals = this.#pending.get(key) ?? 0;
    const known = set.get(value) ?? { added: null, removals, removed: null, contest: null, contested: false };
    set.set(value, known);
    return known;
  }

  /** Until what is given back is called, whatever is added to the set may be removed at once. */
  removing(key: string): () => void {
    for (const element of this.#sets.get(key)?.values() ?? []) element.removals += 1;
    this.#pending.set(key, (this.#pending.get(key) ?? 0) + 1);
    return () => this.#pending.set(key, (this.#pending.get(key) ?? 1) - 1);
  }

  register(key: string): Register {
    const register = this.#registers.get(key) ?? { answered: new Map(), asked: new Set() };
    this.#registers.set(key, register);
    return register;
  }

  get keys(): readonly string[] {
    return [...this.#counters.keys(), ...this.#sets.keys(), ...this.#registers.keys()];
  }

  /** All hubs read the key alike: what was promised until now is with all of them. */
  isEverywhere(key: string): void {
    const places = [
      ...(this.#counters.get(key) ?? []).map(({ answered }) => answered),
      ...[...(this.#sets.get(key)?.values() ?? [])].flatMap(({ added, removed, contest }) => [
        added,
        removed,
        contest?.place ?? null,
      ]),
      ...[...(this.#registers.get(key)?.answered.values() ?? [])].map(({ place }) => place),
    ];
    // A hub that is down was not asked, and may hold what nobody else has heard.
    for (const place of places)
      if (place?.hub.alive && place.hub.storage.epoch === place.epoch) place.isEverywhere = true;
  }

  /** What was promised and is not so, as the hub reads its keys; null when all is well. */
  complaint(read: (key: string) => EventualValue | undefined): string | null {
    for (const [key, counted] of this.#counters) {
      const wrong = miscounted(key, counted, read(key)?.value ?? 0);
      if (wrong) return wrong;
    }
    for (const [key, set] of this.#sets) {
      const here = new Set(read(key)?.value as readonly Json[] | undefined);
      for (const [value, element] of set) {
        const wrong = misplaced(element, here.has(value));
        if (wrong) return `${value} of ${key} ${wrong}`;
      }
    }
    for (const [key, register] of this.#registers) {
      const wrong = misread(key, register, read(key)?.value);
      if (wrong) return wrong;
    }
    return null;
  }
}

/** Every answered increment once; one that nobody answered at most as often as it was asked for. */
function miscounted(key: string, counted: readonly Counted[], value: Json): string | null {
  let least = 0;
  let most = 0;
  for (const { by, answered, attempts } of counted) {
    const once = binds(answered);
    least += once ? by : Math.min(0, by * attempts);
    most += once ? by : Math.max(0, by * attempts);
  }
  return typeof value === "number" && value >= least && value <= most
    ? null
    : `${key} is ${JSON.stringify(value)}, and should be from ${least} to ${most}`;
}

function misplaced(element: Element, isHere: boolean): string | null {
  if (isHere) {
    const gone = binds(element.removed) && !element.contested;
    return gone ? "was removed by who saw it, and is there" : null;
  }
  const { added, removals, contest } = element;
  if (contest && binds(contest.place) && contest.removals === removals)
    return "was added while another removed it, and is not there";
  const stays = binds(added) && removals === 0;
  return stays ? "was added and never removed, and is not there" : null;
}

/** The last of the answered writes, or one that nobody answered. */
function misread(key: string, { answered, asked }: Register, value: Json | undefined): string | null {
  const bound = [...answered.values()].filter(({ place }) => binds(place));
  const latest = Math.max(0, ...bound.map(({ revision }) => revision));
  if (value === undefined) return latest === 0 ? null : `${key} was written, and is not there`;
  if (typeof value !== "string" || !asked.has(value)) return `${key} is ${JSON.stringify(value)}, which nobody wrote`;
  const revision = answered.get(value)?.revision;
  return revision !== undefined && revision < latest ? `${key} is ${value}, and a later write was answered` : null;
}
