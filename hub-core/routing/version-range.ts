/**
 * Which versions a question accepts: node-semver's ranges. `1.2.3`; `1.2`, `1.x`, `*` (whatever stands where nothing is said);
 * `^1.2`, `~1.2.3`; `>=1.2`, `>`, `<=`, `<`, `=`, all of those that stand side by side; either side of `||`. A pre-release is matched only exactly.
 */
export type VersionMatcher = (version: string | null) => boolean;

type Triple = readonly [number, number, number];

const OPERATORS = /^(\^|~|>=|<=|>|<|=)?\s*(.*)$/;
const PRE_RELEASE = /^v?\d{1,9}(\.\d{1,9}){2}-[0-9A-Za-z.-]+(\+[0-9A-Za-z.-]+)?$/;

/** Null when the text is no range. */
export function versionRange(text: string): VersionMatcher | null {
  const alternatives = text.split("||").map(everyOf);
  if (alternatives.some((matches) => matches === null)) return null;
  return (version) => alternatives.some((matches) => matches?.(version));
}

function everyOf(text: string): VersionMatcher | null {
  // An operator may stand apart from its version.
  const parts = text
    .trim()
    .replace(/([\^~<>=])\s+/g, "$1")
    .split(/\s+/)
    .map(comparator);
  if (parts.some((matches) => matches === null)) return null;
  return (version) => parts.every((matches) => matches?.(version));
}

function comparator(text: string): VersionMatcher | null {
  const [, operator = "", wanted = ""] = OPERATORS.exec(text) ?? [];
  if (wanted === "*" || wanted === "x" || wanted === "X") return operator === "" ? () => true : null;
  if (PRE_RELEASE.test(wanted)) return operator === "" || operator === "=" ? exactly(wanted) : null;
  const partial = parse(wanted.replace(/(\.[xX*])+$/, ""));
  if (!partial) return null;
  const { low } = partial;
  switch (operator) {
    case "^":
      return between(low, caretEnd(partial));
    case "~":
      return between(low, tildeEnd(partial));
    case ">=":
      return between(low, NO_END);
    case ">":
      return between(after(partial), NO_END);
    case "<":
      return between(FIRST, low);
    case "<=":
      return between(FIRST, after(partial));
    default:
      return between(low, after(partial));
  }
}

interface Partial {
  readonly low: Triple;
  /** Numbers that were written: 1 to 3. */
  readonly given: number;
}

const FIRST: Triple = [0, 0, 0];
const NO_END: Triple = [Infinity, 0, 0];

function exactly(wanted: string): VersionMatcher {
  const bare = wanted.replace(/^v/, "");
  return (version) => version !== null && version.replace(/^v(?=\d)/, "") === bare;
}

function between(low: Triple, end: Triple): VersionMatcher {
  return (version) => {
    const found = version === null ? null : parse(version);
    return found !== null && compare(found.low, low) >= 0 && compare(found.low, end) < 0;
  };
}

function parse(text: string): Partial | null {
  const match = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\+[\w.-]+)?$/.exec(text);
  if (!match) return null;
  const given = match[3] !== undefined ? 3 : match[2] !== undefined ? 2 : 1;
  return { low: [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)], given };
}

/** The first version past all that the numbers written stand for. */
function after({ low: [major, minor, patch], given }: Partial): Triple {
  if (given === 3) return [major, minor, patch + 1];
  return given === 2 ? [major, minor + 1, 0] : [major + 1, 0, 0];
}

/** Up to the next change of the leftmost number that is not zero. */
function caretEnd({ low: [major, minor, patch], given }: Partial): Triple {
  if (major > 0 || given === 1) return [major + 1, 0, 0];
  if (minor > 0 || given === 2) return [0, minor + 1, 0];
  return [0, 0, patch + 1];
}

function tildeEnd({ low: [major, minor], given }: Partial): Triple {
  return given === 1 ? [major + 1, 0, 0] : [major, minor + 1, 0];
}

function compare(a: Triple, b: Triple): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
