/** The way every file takes: YAML → environment → overrides → schema → contradictions. */
import { z } from "zod";
import { type ConfigError, type Parsed, shown } from "./config-error.ts";
import { type FileKind, kindOfKeys, wrongKind } from "./file-kind.ts";
import { type Override, withOverrides } from "./overrides.ts";
import { located, type Origin, schemaErrors, valueAt } from "./schema-errors.ts";
import type { Path } from "./schema-walk.ts";
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
  const input = withOverrides(source.value, overrides, schema);
  const result = z.safeParse(schema, input);
  if (!result.success) {
    return { ok: false, errors: inFileOrder(schemaErrors(schema, result.error.issues, input, origin)) };
  }
  const found = contradictions(result.data).map((wrong) =>
    located(origin, wrong.path, {
      value: source.substituted.get(wrong.path.join(".")) ?? shown(valueAt(input, wrong.path), wrong.path),
      expected: wrong.expected,
      message: wrong.message,
      nearest: wrong.nearest,
    }),
  );
  return found.length > 0 ? { ok: false, errors: inFileOrder(found) } : { ok: true, value: result.data };
}

function inFileOrder(errors: readonly ConfigError[]): ConfigError[] {
  return errors
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    .slice(0, MAX_ERRORS);
}
