/** What zod found, retold with the line, the value, what was expected, and the nearest known key. */
import type { z } from "zod";
import { type ConfigError, dotted, shown } from "./config-error.ts";
import { nearestOf } from "./edit-distance.ts";
import type { Override } from "./overrides.ts";
import { knownKeys, type Path, schemaAt } from "./schema-walk.ts";
import type { YamlSource } from "./yaml-source.ts";

/** Where a path's value came from, so that an error can point there. */
export interface Origin {
  readonly source: YamlSource;
  readonly overrides: readonly Override[];
}

export function located(
  origin: Origin,
  path: Path,
  parts: Pick<ConfigError, "value" | "expected" | "message"> & { nearest?: string | undefined },
): ConfigError {
  const name = dotted(path);
  const override = origin.overrides.findLast((candidate) => dotted(candidate.path) === name);
  const { nearest, ...rest } = parts;
  const position = override ? { line: null, column: null } : origin.source.position(path);
  const message = override ? `${override.origin}: ${rest.message}` : rest.message;
  return { ...position, path: name, ...rest, message, ...(nearest === undefined ? {} : { nearest }) };
}

export function schemaErrors(
  root: z.core.$ZodType,
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  origin: Origin,
): ConfigError[] {
  return issues.flatMap((issue) => {
    const path = issue.path.filter((step): step is string | number => typeof step !== "symbol");
    return issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey(root, path, key, origin))
      : [wrongValue(root, issue, path, input, origin)];
  });
}

function unknownKey(root: z.core.$ZodType, parent: Path, key: string, origin: Origin): ConfigError {
  const known = knownKeys(root, parent);
  const nearest = nearestOf(key, known);
  const where = parent.length === 0 ? "at the top level" : `in ${dotted(parent)}`;
  return {
    ...origin.source.keyPosition([...parent, key]),
    path: dotted([...parent, key]),
    value: key,
    expected: `one of ${known.join(", ")}`,
    ...(nearest === undefined ? {} : { nearest }),
    message: `unknown key ${JSON.stringify(key)} ${where}`,
  };
}

function wrongValue(
  root: z.core.$ZodType,
  issue: z.core.$ZodIssue,
  path: Path,
  input: unknown,
  origin: Origin,
): ConfigError {
  const actual = valueAt(input, path);
  const finite = typeof actual === "number" && !Number.isFinite(actual) ? "finite " : "";
  const expected = expectation(root, issue, path).replace(/^a (?=number$)/, `a ${finite}`);
  const name = path.length === 0 ? "the file" : dotted(path);
  const written = origin.source.substituted.get(dotted(path));
  const value = written === undefined ? shown(actual, path) : written;
  const nearest =
    issue.code === "invalid_value" && typeof actual === "string"
      ? nearestOf(actual, issue.values.map(String))
      : undefined;
  const absent = path.length === 0 ? "empty" : "missing";
  const message = `${name} is ${actual === undefined ? absent : value}, expected ${expected}`;
  return located(origin, path, { value, expected, nearest, message });
}

function expectation(root: z.core.$ZodType, issue: z.core.$ZodIssue, path: Path): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "object"
        ? `a mapping of ${knownKeys(root, path).join(", ")}`
        : typeName(issue.expected);
    case "too_small":
      return `${sizeOf(issue.origin)}${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${rangeHint(root, path)}`;
    case "too_big":
      return `${sizeOf(issue.origin)}${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${rangeHint(root, path)}`;
    case "invalid_value":
      return issue.values.length === 1 ? JSON.stringify(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    case "invalid_format":
      return issue.format === "url" ? "a URL" : issue.message;
    default:
      return issue.message;
  }
}

function typeName(expected: string): string {
  switch (expected) {
    case "int":
      return "a whole number";
    case "array":
    case "tuple":
      return "a list";
    case "boolean":
      return "true or false";
    default:
      return `a ${expected}`;
  }
}

function sizeOf(origin: string): string {
  return origin === "string" ? "a text whose length is " : origin === "array" ? "a list whose length is " : "";
}

/** The whole range, when both ends are known: one look tells what would do. */
function rangeHint(root: z.core.$ZodType, path: Path): string {
  const schema = schemaAt(root, path);
  const bounds = schema && "minValue" in schema && "maxValue" in schema ? [schema.minValue, schema.maxValue] : [];
  const [least, most] = bounds;
  return typeof least === "number" && typeof most === "number" && Number.isFinite(least) && Number.isFinite(most)
    ? ` (from ${least} to ${most})`
    : "";
}

export function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
