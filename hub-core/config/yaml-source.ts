/** YAML with its positions kept, and `${NAME}` filled in from the environment. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import type { z } from "zod";
import { type ConfigError, dotted } from "./config-error.ts";
import { fromText, type Path } from "./schema-walk.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Unset {
  readonly path: Path;
  readonly error: ConfigError;
}

export interface YamlSource {
  readonly value: unknown;
  readonly errors: readonly ConfigError[];
  /** Values that wait for a variable which is not set. */
  readonly unset: readonly Unset[];
  /** Paths whose values came out of the environment, with the text that stands in the file. */
  readonly substituted: ReadonlyMap<string, string>;
  /** Of the value at `path`, or of the nearest thing that encloses it. */
  position(path: Path): Position;
  /** Of the key itself, for a key that should not be there. */
  keyPosition(path: Path): Position;
}

/** A megabyte is far beyond any federation; a larger text is a mistake or an attack. */
const MAX_CHARACTERS = 1_048_576;
const MAX_ALIASES = 100;
/** No schema here is half as deep, and what walks the document does so by recursion. */
const MAX_DEPTH = 32;
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export function readYaml(text: string, env: Environment, schema: z.core.$ZodType): YamlSource {
  if (text.length > MAX_CHARACTERS)
    return refusedWhole(`the file has ${text.length} characters`, `at most ${MAX_CHARACTERS}`);
  const lines = new LineCounter();
  const document = parsed(text, lines);
  if (document === null) return refusedWhole("the file is nested too deep", `at most ${MAX_DEPTH} levels`);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntax = document.errors.map((error) => notYaml(at(error.pos[0]), error.message));
  if (syntax.length === 0) syntax.push(...aliasErrors(document, at));
  const unset: Unset[] = [];
  const substituted = new Map<string, string>();
  if (syntax.length === 0) substitute(document, env, schema, at, unset, substituted);
  const whole = syntax.length === 0 ? toValue(document) : { value: undefined, errors: syntax };
  return {
    value: whole.value,
    errors: whole.errors,
    unset,
    substituted,
    position: (path) => at(offsetOf(document, path)),
    keyPosition: (path) => at(keyOffsetOf(document, path)),
  };
}

/** The keys at the top, of whatever can be made of the text: enough to tell one kind of file from another. */
export function topLevelKeys(text: string): string[] {
  const contents = text.length > MAX_CHARACTERS ? null : parsed(text, new LineCounter())?.contents;
  return isMap(contents) ? contents.items.map(keyText) : [];
}

/** Null: nested deeper than the limit. */
function parsed(text: string, lineCounter: LineCounter): Document.Parsed | null {
  try {
    // Pretty errors quote the source line, which may hold a secret. Warnings would go to the process, not to who asked.
    const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true, logLevel: "error" });
    return isTooDeep(document) ? null : document;
  } catch (error) {
    // The parser descends by recursion: what exhausts the stack is deeper than any limit.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function isTooDeep(document: Document): boolean {
  let level: unknown[] = [document.contents];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    const below: unknown[] = [];
    for (const node of level) {
      if (!isCollection(node)) continue;
      for (const item of node.items) isPair(item) ? below.push(item.key, item.value) : below.push(item);
    }
    level = below;
  }
  return false;
}

/** Aliases of what was not named before them, or of what they stand in. */
function aliasErrors(document: Document, at: (offset: number) => Position): ConfigError[] {
  const named = new Map<string, unknown>();
  const errors: ConfigError[] = [];
  visit(document, {
    Node(_, node, ancestors) {
      if (!isAlias(node)) {
        if ("anchor" in node && typeof node.anchor === "string") named.set(node.anchor, node);
        return;
      }
      const target = named.get(node.source);
      if (target !== undefined && !ancestors.some((ancestor) => ancestor === target)) return;
      const why = target === undefined ? `no anchor &${node.source} stands before it` : "it stands in what it names";
      errors.push(notYaml(at(node.range?.[0] ?? 0), `the alias *${node.source}: ${why}`));
    },
  });
  return errors;
}

function notYaml(position: Position, reason: string): ConfigError {
  return { ...position, path: "", value: "", expected: "valid YAML", message: `not valid YAML: ${reason}` };
}

/** Refused as late as this: repetition without bound, and merges of what is no mapping. */
function toValue(document: Document): Pick<YamlSource, "value" | "errors"> {
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, errors: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { value: undefined, errors: [notYaml({ line: 1, column: 1 }, reason)] };
  }
}

function refusedWhole(problem: string, expected: string): YamlSource {
  const start = { line: 1, column: 1 };
  const error = { ...start, path: "", value: problem, expected, message: `${problem}, expected ${expected}` };
  const nowhere = { substituted: new Map<string, string>(), position: () => start, keyPosition: () => start };
  return { value: undefined, errors: [error], unset: [], ...nowhere };
}

function substitute(
  document: Document,
  env: Environment,
  schema: z.core.$ZodType,
  at: (offset: number) => Position,
  unset: Unset[],
  substituted: Map<string, string>,
): void {
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === "key" || typeof node.value !== "string" || !node.value.includes("${")) return;
      const written = node.value;
      const path = pathOf(ancestors, key, node);
      const filled = written.replace(VARIABLE, (_, name: string) => {
        const value = env[name];
        if (value !== undefined) return value;
        const error = {
          ...at(node.range?.[0] ?? 0),
          path: dotted(path),
          value: `\${${name}}`,
          expected: `the environment variable ${name}`,
          message: `${dotted(path)} needs the environment variable ${name}, which is not set: export ${name}=… first`,
        };
        unset.push({ path, error });
        return "";
      });
      if (filled === written) return;
      substituted.set(dotted(path), written);
      node.value = fromText(schema, path, filled);
    },
  });
}

function pathOf(ancestors: readonly unknown[], key: unknown, node: unknown): Path {
  const path: (string | number)[] = [];
  ancestors.forEach((ancestor, i) => {
    const child = ancestors[i + 1] ?? node;
    if (typeof ancestor === "object" && ancestor !== null && "items" in ancestor && !isMap(ancestor)) {
      const index = (ancestor.items as readonly unknown[]).indexOf(child);
      if (index >= 0) path.push(index);
      else if (typeof key === "number") path.push(key);
    } else if (isPairLike(ancestor)) path.push(keyText(ancestor));
  });
  return path;
}

function isPairLike(value: unknown): value is Pair {
  return typeof value === "object" && value !== null && "key" in value && !("items" in value);
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function offsetOf(document: Document, path: Path): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffsetOf(document: Document, path: Path): number {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => keyText(item) === String(path.at(-1)));
    if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
  }
  return offsetOf(document, path);
}
