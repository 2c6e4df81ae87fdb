/**
 * Which versions a question accepts (the part of node-semver's grammar that people use): exact `1.2.3`, caret `^1.2`,
 * tilde `~1.2.3`, wildcard `1.x`, `1.2.*`, `*`. Anything else is compared as a whole, so `stable` matches `stable`.
 * A pre-release is matched only exactly, as node-semver does.
 */
export type VersionMatcher = (version: string | null) => boolean;

type Triple = readonly [number, number, number];

export function versionMatcher(range: string | null): VersionMatcher {
  if (range === null || range === "*" || range === "x") return () => true;
  const operator = range[0];
  if (operator === "^" || operator === "~") {
    const from = parse(range.slice(1));
    return from ? between(from.low, operator === "^" ? caretEnd(from) : tildeEnd(from)) : exactly(range);
  }
  if (/^v?\d+(\.\d+)?\.[x*]$/.test(range)) {
    const from = parse(range.replace(/(\.[x*])+$/, ""));
    return from ? between(from.low, wildcardEnd(from)) : exactly(range);
  }
  return exactly(range);
}

interface Partial {
  readonly low: Triple;
  /** Numbers that were written: 1 to 3. */
  readonly given: number;
}

function exactly(wanted: string): VersionMatcher {
  const bare = wanted.replace(/^v(?=\d)/, "");
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

/** Up to the next change of the leftmost number that is not zero. */
function caretEnd({ low: [major, minor, patch], given }: Partial): Triple {
  if (major > 0 || given === 1) return [major + 1, 0, 0];
  if (minor > 0 || given === 2) return [0, minor + 1, 0];
  return [0, 0, patch + 1];
}

function tildeEnd({ low: [major, minor], given }: Partial): Triple {
  return given === 1 ? [major + 1, 0, 0] : [major, minor + 1, 0];
}

function wildcardEnd({ low: [major, minor], given }: Partial): Triple {
  return given === 1 ? [major + 1, 0, 0] : [major, minor + 1, 0];
}

function compare(a: Triple, b: Triple): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
