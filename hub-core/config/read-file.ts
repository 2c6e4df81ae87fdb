/**
 * The way every file takes: YAML → environment → overrides → schema → contradictions. What is not YAML ends it at once; after
 * anything else the rest is looked at all the same, so that all that can be told is told together.
 */
import { z } from "zod";
import { type ConfigError, dotted, type Parsed, shown } from "./config-error.ts";
import { type FileKind, kindOfKeys, wrongKind } from "./file-kind.ts";
import { type Override, withOverrides } from "./overrides.ts";
import { located, type Origin, schemaErrors, valueAt } from "./schema-errors.ts";
import { type Path, schemaAt } from "./schema-walk.ts";
import { FILLINGS, filledIn, isUnknown } from "./stand-ins.ts";
import { type Environment, readYaml } from "./yaml-source.ts";

/** A rule between values that a schema of single values cannot hold. */
export interface Contradiction {
  readonly path: Path;
  readonly expected: string;
  readonly message: string;
  readonly nearest?: string | undefined;
}

/** Enough to work through; a file with more wrong than this has one cause. */
const MAX_ERRORS = 50;

export function readFile<S extends z.ZodType>(
  text: string,
  env: Environment,
  kind: FileKind,
  schema: S,
  overrides: readonly Override[],
  contradictions: (value: z.infer<S>) => readonly Contradiction[],
): Parsed<z.infer<S>> {
  const source = readYaml(text, env, schema);
  if (source.errors.length > 0) return { ok: false, errors: source.errors.slice(0, MAX_ERRORS) };
  const keys = typeof source.value === "object" && source.value !== null ? Object.keys(source.value) : [];
  const actual = kindOfKeys(keys) ?? kind;
  if (actual !== kind) return { ok: false, errors: [wrongKind(source, keys, actual, kind)] };
  const origin: Origin = { source, overrides };
  const unset = source.unset.map(({ error }) => error);
  if (unset.length > MAX_ERRORS) return { ok: false, errors: unset.slice(0, MAX_ERRORS) };
  const waiting = source.unset.map(({ path }) => path).filter((path) => schemaAt(schema, path) !== undefined);
  const input = withOverrides(filledIn(schema, source.value, waiting, 1), overrides, schema);
  const result = z.safeParse(schema, input);
  const issues = result.error?.issues ?? [];
  const holes = [...waiting, ...issues.flatMap(holesOf)];
  const found =
    result.success && holes.length === 0
      ? contradictions(result.data)
      : certain(schema, input, holes, contradictions).filter(({ path }) => !holes.some((hole) => isWithin(path, hole)));
  const errors = [
    ...unset,
    ...schemaErrors(schema, issues, input, origin),
    ...found.map((wrong) =>
      located(origin, wrong.path, {
        value: source.substituted.get(dotted(wrong.path)) ?? shown(valueAt(input, wrong.path), wrong.path),
        expected: wrong.expected,
        message: wrong.message,
        nearest: wrong.nearest,
      }),
    ),
  ];
  return result.success && errors.length === 0
    ? { ok: true, value: result.data }
    : { ok: false, errors: inFileOrder(errors) };
}

function holesOf(issue: z.core.$ZodIssue): Path[] {
  const path = issue.path.filter((step): step is string | number => typeof step !== "symbol");
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
}

/** The contradictions that there are whatever stands in the holes; none, when the file is beyond filling. */
function certain<S extends z.ZodType>(
  schema: S,
  input: unknown,
  holes: readonly Path[],
  contradictions: (value: z.infer<S>) => readonly Contradiction[],
): Contradiction[] {
  if (holes.length > MAX_ERRORS) return [];
  const said = Array.from({ length: FILLINGS }, (_, filling) => {
    const filled = z.safeParse(schema, filledIn(schema, input, holes, filling));
    return new Map((filled.success ? contradictions(filled.data) : []).map((wrong) => [textOf(wrong), wrong]));
  });
  const [first = new Map<string, Contradiction>(), ...others] = said;
  return [...first].filter(([text]) => !isUnknown(text) && others.every((each) => each.has(text))).map(([, it]) => it);
}

const textOf = ({ path, message, expected }: Contradiction): string => [dotted(path), message, expected].join("\n");

function isWithin(path: Path, hole: Path): boolean {
  return hole.every((step, i) => path[i] === step);
}

function inFileOrder(errors: readonly ConfigError[]): ConfigError[] {
  return errors
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    .slice(0, MAX_ERRORS);
}
