/** One text for each JSON value: objects by key, so that equal values are equal texts whoever wrote them. */
import type { Json } from "../../common/types.ts";

export function canonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const object = value as Readonly<Record<string, Json>>;
  const parts = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(object[key] as Json)}`);
  return `{${parts.join(",")}}`;
}

export function parsed(text: string): Json {
  return JSON.parse(text) as Json;
}
