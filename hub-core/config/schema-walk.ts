/** Looks into a zod schema by path: which keys are known there, and what a text from the environment stands for. */
import { z } from "zod";

export type Path = readonly (string | number)[];

function bare(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodDefault) {
    inner = inner.unwrap();
  }
  return inner;
}

/** The schema that judges `path`, without its optionality; undefined for a path that is not known. */
export function schemaAt(root: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = bare(root);
  for (const step of path) {
    if (schema instanceof z.ZodObject) schema = (schema.shape as Record<string, z.core.$ZodType>)[String(step)];
    else if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodTuple) schema = schema.def.items[Number(step)];
    else return undefined;
    if (schema === undefined) return undefined;
    schema = bare(schema);
  }
  return schema;
}

export function knownKeys(root: z.core.$ZodType, path: Path): readonly string[] {
  const schema = schemaAt(root, path);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** `text` as the type that `path` wants; left as it is when it does not read as that type, so that the schema refuses it. */
export function fromText(root: z.core.$ZodType, path: Path, text: string): unknown {
  const schema = schemaAt(root, path);
  if (schema instanceof z.ZodNumber) return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  if (schema instanceof z.ZodBoolean)
    return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : text;
  return text;
}
