/** A machine as text: equal for machines from which the same can happen. Under a renaming of the hubs, too. */

/** One epoch is the least election time-out, and a heartbeat. So short that log time, in whole milliseconds, stands still. */
export const EPOCH_MS = 2 ** -10;

/** New names by index: hub `i` becomes hub `renaming[i]`. */
export type Renaming = readonly number[];
export const HUBS = ["A", "B", "C", "D"] as const;

/** Of nobody's behaviour, said elsewhere in the text, or a function of other fields. */
const OMITTED = new Set([
  "_s",
  "_keeper",
  "_sender",
  "timing",
  "random",
  "group",
  "_bytes",
  "_configurations",
  "_activeAt",
]);
/** Lists of hubs whose order decides nothing where hubs are renamed. */
const SETS = new Set(["voters", "outgoing", "learners", "proposers"]);
/** Points in time of which only whether they come at all decides: it is the only deadline of whoever has it. */
const WHETHER = new Set(["_electionAt"]);
/** Every other point in time, by how far it is: two epochs ago is long ago for every rule. */
const WHEN = /At$|^until$/;

export class Canonical {
  readonly #now: number;
  readonly #renaming: Renaming;

  constructor(now: number, renaming: Renaming) {
    this.#now = now;
    this.#renaming = renaming;
  }

  name(text: string): string {
    const [first = "", ...rest] = text.split(" ");
    const at = HUBS.indexOf(first as (typeof HUBS)[number]);
    return at < 0 ? text : [HUBS[this.#renaming[at] ?? at], ...rest].join(" ");
  }

  text(value: unknown, field = ""): string {
    switch (typeof value) {
      case "string":
        return this.name(value);
      case "number":
        return this.#number(value, field);
      case "boolean":
        return value ? "t" : "f";
      case "object":
        return value === null ? "-" : this.#object(value, field);
      case "undefined":
        return "?";
      default:
        throw new Error(`${field} cannot be compared`);
    }
  }

  #number(value: number, field: string): string {
    if (WHETHER.has(field)) return value === Number.POSITIVE_INFINITY ? "never" : "once";
    if (WHEN.test(field)) return String(Math.max(-2, (value - this.#now) / EPOCH_MS));
    return String(value);
  }

  #object(value: object, field: string): string {
    if (Array.isArray(value)) {
      const each = value.map((one) => this.text(one));
      return `[${(SETS.has(field) ? each.sort() : each).join()}]`;
    }
    if (value instanceof Set) return `<${[...value].map((one) => this.text(one)).sort()}>`;
    if (value instanceof Map)
      return `<${[...value].map(([key, one]) => `${this.text(key)}:${this.text(one)}`).sort()}>`;
    if (value instanceof Uint8Array) throw new Error(`${field} holds bytes: what they mean is not said`);
    // An entry as it is stored is a function of what it says.
    if (Object.hasOwn(value, "entry") && Object.hasOwn(value, "bytes"))
      return this.text((value as { entry: unknown }).entry);
    let all = "{";
    for (const [key, one] of Object.entries(value)) if (!OMITTED.has(key)) all += `${key}:${this.text(one, key)},`;
    return `${all}}`;
  }
}

/** Every text once, by number. */
export class Texts {
  readonly #numbers = new Map<string, number>();

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }
}
