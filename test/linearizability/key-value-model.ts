/** One key of the strong store: what may follow what. Operations are the looks and changes of `key-call.ts`. */
import { unreachable } from "../../hub-core/common/types.ts";
import type { Model } from "./model.ts";
import type { Expectation } from "./operation.ts";

export type KeyOp =
  /** The key was there, at this version; `value` null when the answer did not say it. */
  | { readonly kind: "see"; readonly value: string | null; readonly version: number }
  | { readonly kind: "see-absent" }
  /** A precondition did not hold; `version` null when the answer did not say what stood there. */
  | { readonly kind: "see-other"; readonly than: Expectation; readonly version: number | null }
  /** `version` and `created` null when no answer told them. */
  | {
      readonly kind: "put";
      readonly value: string;
      readonly expect: Expectation | null;
      readonly version: number | null;
      readonly created: boolean | null;
    }
  | { readonly kind: "remove"; readonly expect: number | null };

export interface KeyState {
  /** Canonical JSON; null while the key is absent. */
  readonly value: string | null;
  /** The version of the key, or of its last life; 0 before the first. When not `exact`, it is at least this. */
  readonly version: number;
  readonly exact: boolean;
}

/** `successor`: the version before, plus one. `higher`: any greater one. */
export type VersionRule = "successor" | "higher";

export interface VersionRules {
  /** A write of a key that is there, and the first of all. */
  readonly rewrite: VersionRule;
  /** A write of a key that was deleted. */
  readonly recreate: VersionRule;
}

export const STORE_VERSIONS: VersionRules = { rewrite: "successor", recreate: "higher" };

export function keyValueModel(rules: VersionRules = STORE_VERSIONS): Model<KeyState, KeyOp> {
  return {
    initial: { value: null, version: 0, exact: true },
    step: (state, op) => step(rules, state, op),
    bucket: ({ value }) => value ?? "",
    covers: (state, other) => covers(rules, state, other),
    never,
    alike: (op) => JSON.stringify(op),
    describe: describeKeyState,
  };
}

export function describeKeyState({ value, version, exact }: KeyState): string {
  const at = `version ${exact ? version : `${version} or above`}`;
  if (value !== null) return `${value} at ${at}`;
  return version === 0 ? "absent, never written" : `absent, last at ${at}`;
}

/** Of states with the same value. */
function covers({ recreate }: VersionRules, state: KeyState, other: KeyState): boolean {
  if (state.version === other.version && state.exact === other.exact) return true;
  // While a key is absent its version only says what the next one must exceed.
  const open = !state.exact || (state.value === null && state.version > 0 && recreate === "higher");
  return open && state.version <= other.version;
}

function step(rules: VersionRules, state: KeyState, op: KeyOp): KeyState | null {
  switch (op.kind) {
    case "see":
      return op.value === null || op.value === state.value ? at(state, op.version) : null;
    case "see-absent":
      return state.value === null ? state : null;
    case "see-other":
      return op.version === null ? otherThan(state, op.than) : op.version === op.than ? null : at(state, op.version);
    case "put": {
      const before = op.expect === null ? state : meeting(state, op.expect);
      if (before === null || (op.created ?? before.value === null) !== (before.value === null)) return null;
      return put(rules, before, op.value, op.version);
    }
    case "remove": {
      const before = op.expect === null ? state : meeting(state, op.expect);
      return before === null || before.value === null ? null : { ...before, value: null };
    }
    default:
      return unreachable(op);
  }
}

function put(rules: VersionRules, before: KeyState, value: string, version: number | null): KeyState | null {
  const rule = before.value === null && before.version > 0 ? rules.recreate : rules.rewrite;
  const next = before.version + 1;
  const certain = before.exact && rule === "successor";
  if (version !== null)
    return version === next || (version > next && !certain) ? { value, version, exact: true } : null;
  // The same value again, with a version that nobody knows either way: as if it had not been.
  if (!before.exact && before.value === value) return null;
  return { value, version: next, exact: certain };
}

/** The state, now that its version is known to be this. */
function at(state: KeyState, version: number): KeyState | null {
  if (state.value === null) return null;
  if (state.exact) return state.version === version ? state : null;
  return state.version <= version ? { ...state, version, exact: true } : null;
}

function meeting(state: KeyState, expect: Expectation): KeyState | null {
  return expect === "absent" ? (state.value === null ? state : null) : at(state, expect);
}

function otherThan(state: KeyState, than: Expectation): KeyState | null {
  if (than === "absent") return state.value === null ? null : state;
  if (state.value === null || state.version > than) return state;
  if (state.exact) return state.version === than ? null : state;
  // A version that is at least `low` and not `low` is above it. A hole further up is not kept: that can only accept too much.
  return state.version === than ? { ...state, version: than + 1 } : state;
}

/** Versions of a key only grow, and one version has one value. */
function never(state: KeyState, op: KeyOp): boolean {
  switch (op.kind) {
    case "see":
      return (
        isPast(state, op.version) ||
        (op.value !== null && state.exact && state.version === op.version && state.value !== op.value)
      );
    case "see-other":
      return op.version !== null && isPast(state, op.version);
    case "put":
      return (op.version !== null && op.version <= state.version) || isPast(state, op.expect);
    case "remove":
      return isPast(state, op.expect);
    case "see-absent":
      return false;
    default:
      return unreachable(op);
  }
}

function isPast({ value, version }: KeyState, asked: Expectation | null): boolean {
  if (asked === null || asked === "absent") return false;
  return value === null ? asked <= version : asked < version;
}
