/** What a write asks for, as a delta of the state it found; or why not. */
import { type Refusal, refused } from "../../common/problem.ts";
import { type Json, unreachable } from "../../common/types.ts";
import type { ConflictStrategy, StateConfig } from "../../config/hub-config.ts";
import { MAX_KEY_BYTES } from "../../wire/state-records.ts";
import { type Dot, dotKey } from "../clocks/dot.ts";
import { type EventualOp, eventualOpSchema } from "../requests.ts";
import { add, elements, remove, type SetSlot } from "../types/add-wins-set.ts";
import { canonical } from "../types/canonical-json.ts";
import { type FieldType, fields, fieldType, removeField } from "../types/field-map.ts";
import type { Entry, KeyState } from "../types/key-state.ts";
import { type KeyType, typesIn } from "../types/key-type.ts";
import { count } from "../types/pn-counter.ts";
import { assign, type RegisterSlot, versions } from "../types/register.ts";
import { MAX_DEPTH, MAX_ELEMENTS, MAX_SIBLINGS, MAX_VALUE_BYTES } from "./limits.ts";
import { readContext } from "./reading.ts";
import { configuredStrategy, strategyFor } from "./strategies.ts";

type SetOp = Extract<EventualOp, { type: "set" }>;
type CounterOp = Extract<EventualOp, { type: "counter" }>;

const utf8 = new TextEncoder();
export const bytesOf = (text: string): number => utf8.encode(text).length;

/** Null for a key that may be written. */
export function keyMistake(key: string, config: StateConfig): Refusal | null {
  const bytes = bytesOf(key);
  if (bytes === 0 || bytes > MAX_KEY_BYTES || !key.isWellFormed())
    return refused(400, "key_invalid", `A key is text of 1 to ${MAX_KEY_BYTES} bytes of UTF-8; this one has ${bytes}.`);
  if (key.startsWith("mpreg/"))
    return refused(403, "key_reserved", "Keys that begin with mpreg/ are MPREG's own. Choose another beginning.");
  if (configuredStrategy(config, key) !== "consensus_required") return null;
  const detail = "This key's prefix has the strategy consensus_required: write it with consistency=strong.";
  return refused(409, "consensus_required", detail);
}

export function parseOp(op: unknown): EventualOp | Refusal {
  if (isDeeperThan(op, MAX_DEPTH))
    return refused(400, "invalid_op", `A value may nest ${MAX_DEPTH} levels deep, and this one nests deeper.`);
  const { data, error } = eventualOpSchema.safeParse(op);
  if (data) return data;
  const errors = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const detail = 'The body must be an operation, such as {"type": "counter", "op": "increment", "by": 1}.';
  return refused(400, "invalid_op", detail, { errors });
}

export interface Write {
  readonly key: string;
  readonly state: KeyState;
  readonly config: StateConfig;
  /** A dot of its own for each call. */
  readonly dot: () => Dot;
}

/** Checks all before it takes a dot, so that a refusal leaves nothing behind. */
export function deltaOf(write: Write, op: EventualOp): KeyState | Refusal {
  const { key, state } = write;
  const type = typesIn(state)[0];
  if (type !== undefined && type !== op.type) return otherType(`The key ${JSON.stringify(key)}`, type, op.type);
  switch (op.type) {
    case "lww":
      return assigned(write, "lww", "", op.value);
    case "mv":
      return assigned(write, "mv", "", op.value, op.context);
    case "counter":
      return counted(write, "", op);
    case "set":
      return changedSet(write, "set", "", op);
    case "map":
      return changedField(write, op);
    default:
      return unreachable(op);
  }
}

export function isRefusal(value: KeyState | EventualOp | Refusal): value is Refusal {
  return "ok" in value;
}

function changedField(write: Write, op: Extract<EventualOp, { type: "map" }>): KeyState | Refusal {
  const { state, dot } = write;
  const { field } = op;
  if (op.op === "remove") return removeField(state, field, dot());
  const type = fieldType(state, field);
  const wanted: FieldType = op.op === "put" ? "register" : op.update.type;
  if (type !== null && type !== wanted) return otherType(`The field ${JSON.stringify(field)}`, type, wanted);
  if (type === null && fields(state).length >= MAX_ELEMENTS) return tooMany("fields");
  if (op.op === "put") return assigned(write, "field", field, op.value);
  return op.update.type === "set" ? changedSet(write, "field-set", field, op.update) : counted(write, field, op.update);
}

function assigned(
  { key, state, config, dot }: Write,
  slot: RegisterSlot,
  field: string,
  value: Json,
  context?: string,
): KeyState | Refusal {
  const text = canonical(value);
  const mistake = valueMistake([text]);
  if (mistake) return mistake;
  const side = versions(state, slot, field);
  const strategy: ConflictStrategy = strategyFor(config, key, slot);
  if (strategy === "first_write_wins" && side.length > 0)
    return refused(409, "already_written", "Of this key the first write counts, and it is written. Remove it first.");
  if (context === undefined) return assign(state, slot, field, text, dot());
  const read = readContext(context);
  if (!read) return refused(400, "invalid_op", "The context is none that a GET gave. Send it back as it came.");
  const seen = (entry: Entry): boolean => read.has(dotKey(entry.dot));
  if (side.filter((entry) => !seen(entry)).length >= MAX_SIBLINGS) {
    const detail = `${MAX_SIBLINGS} versions stand side by side already. GET the key, and write with the context it gives.`;
    return refused(409, "too_many_siblings", detail, { limits: { max_siblings: MAX_SIBLINGS, used: side.length } });
  }
  return assign(state, slot, field, text, dot(), seen);
}

function counted({ state, dot }: Write, field: string, { op, by = 1 }: CounterOp): KeyState | Refusal {
  const delta = count(state, field, op === "increment" ? by : -by, dot());
  return delta ?? refused(422, "counter_exhausted", "This hub has counted as much here as a whole number can hold.");
}

function changedSet({ state, dot }: Write, slot: SetSlot, field: string, op: SetOp): KeyState | Refusal {
  const given = [...(op.values ?? []), ...(op.value === undefined ? [] : [op.value])];
  if (given.length === 0) return refused(400, "invalid_op", "A set is changed by its value, or values.");
  const values = [...new Set(given.map(canonical))];
  const mistake = valueMistake(values);
  if (mistake) return mistake;
  if (op.op === "remove") return remove(state, slot, field, values, dot());
  const before = new Set(elements(state, slot, field));
  const added = values.filter((value) => !before.has(value));
  if (added.length > 0 && before.size + added.length > MAX_ELEMENTS) return tooMany("elements");
  const [first = dot(), ...others] = values.map(() => dot());
  return add(state, slot, field, values, [first, ...others]);
}

function valueMistake(texts: readonly string[]): Refusal | null {
  const largest = Math.max(...texts.map(bytesOf));
  if (largest <= MAX_VALUE_BYTES) return null;
  const detail = `A value of eventual state is at most ${MAX_VALUE_BYTES} bytes of JSON, and this one has ${largest}. Write it with consistency=strong, or in parts.`;
  return refused(413, "value_too_large", detail, { limits: { max_value_bytes: MAX_VALUE_BYTES, used: largest } });
}

function otherType(what: string, type: KeyType | FieldType, wanted: string): Refusal {
  const detail = `${what} is a ${type}, and the write is for a ${wanted}. Write it as a ${type}, or remove it first.`;
  return refused(409, "type_mismatch", detail, { type });
}

function tooMany(what: "elements" | "fields"): Refusal {
  const detail = `A key holds at most ${MAX_ELEMENTS} ${what}. Remove some, or use another key.`;
  return refused(507, "capacity_exhausted", detail, { limits: { [`max_${what}`]: MAX_ELEMENTS } });
}

/** By hand, and before anything that goes down by itself. */
function isDeeperThan(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
