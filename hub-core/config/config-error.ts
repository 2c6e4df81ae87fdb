/** One thing wrong with a configuration, said so that it can be put right without reading the schema. */
import type { Path } from "./schema-walk.ts";

export interface ConfigError {
  /** 1-based position in the file; null when the value came from the environment or a flag. */
  readonly line: number | null;
  readonly column: number | null;
  /** Dotted, as in `hubs[2].region`; empty for the whole file. */
  readonly path: string;
  /** The offending value as written; secrets are shown as `<redacted>`. */
  readonly value: string;
  readonly expected: string;
  /** The known key or word that was probably meant. */
  readonly nearest?: string;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

const REDACTED = "<redacted>";

const SECRET_KEY = /(secret|password|passphrase|credential|private)/i;
const LONGEST_VALUE = 80;

export function dotted(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

function isSecret(path: Path): boolean {
  return path.some((step) => typeof step === "string" && SECRET_KEY.test(step));
}

/** A value in a few words: never a secret, never more than a line. */
export function shown(value: unknown, path: Path): string {
  if (value === undefined) return "nothing";
  if (isSecret(path)) return REDACTED;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === "object") return "a mapping";
  if (typeof value === "number" && !Number.isFinite(value)) return notFinite(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}

/** As YAML writes it; JSON has no word for it. */
function notFinite(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  return value > 0 ? ".inf" : "-.inf";
}

/** `file.yaml:3:9: membership.probe_interval is "fast", expected a number` and so on, one error a line. */
export function formatError(error: ConfigError, fileName: string): string {
  const where = error.line === null ? fileName : `${fileName}:${error.line}:${error.column ?? 1}`;
  const hint = error.nearest === undefined ? "" : ` (did you mean ${error.nearest}?)`;
  return `${where}: ${error.message}${hint}`;
}
