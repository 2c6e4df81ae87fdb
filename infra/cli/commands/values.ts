/** Keys, values, scopes and durations as people type them. */
import { usageError } from "../errors.ts";

/** JSON; what is none is text, so that a word needs no quotes within quotes. Broken JSON is not taken for text. */
export function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!/^\s*["[{]/.test(text)) return text;
    throw usageError(`${text} begins like JSON and is none: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A region alone, or in the words of the API. */
export function scopeOf(text: string): string {
  return text === "global" || text.startsWith("region:") ? text : `region:${text}`;
}

/** A key's slashes stay: they are part of the path. */
export function keyPath(key: string): string {
  if (key === "") throw usageError("a key is not empty");
  // What a URL would take for a step up, or none, is hidden from it.
  const hidden = key.split("/").map((part) => (/^\.{1,2}$/.test(part) ? null : encodeURIComponent(part)));
  return `/api/state/${hidden.includes(null) ? encodeURIComponent(key) : hidden.join("/")}`;
}

/** On one line, for a table. */
export function shortValue(value: unknown): string {
  return value === undefined ? "" : JSON.stringify(value);
}

export function wholeNumber(text: string, flag: string, least = 0): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= least) return value;
  throw usageError(`${flag} ${text}: a whole number${least > 0 ? ` from ${least} on` : ""}`);
}

export function withQuery(path: string, given: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) parameters.set(name, value);
  const search = parameters.toString();
  return search === "" ? path : `${path}?${search}`;
}
