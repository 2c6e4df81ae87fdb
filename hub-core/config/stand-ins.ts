/**
 * A file with holes (values that are wrong, or that wait for a variable) still says much. The holes are filled in several ways;
 * what the cross-checks say of every filling alike depends on none of them, and is true of the file.
 */
import { z } from "zod";
import { type Path, schemaAt } from "./schema-walk.ts";

/** As many as a word has choices at most, where a cross-check looks at the word. */
export const FILLINGS = 4;
/** Long enough for the longest text that a schema asks for. */
const UNKNOWN = "unknown-value-no-";

export function isUnknown(text: string): boolean {
  return text.includes(UNKNOWN);
}

/** A copy of `value` with all `holes` filled in the way of this number. */
export function filledIn(root: z.core.$ZodType, value: unknown, holes: readonly Path[], filling: number): unknown {
  return holes.reduce<unknown>((whole, hole, i) => {
    const schema = schemaAt(root, hole);
    const leftOut = schema === undefined || (filling === 0 && isOptional(root, hole));
    return replaced(whole, hole, leftOut ? undefined : standIn(schema, filling, String(i)));
  }, value);
}

function isOptional(root: z.core.$ZodType, path: Path): boolean {
  const parent = schemaAt(root, path.slice(0, -1));
  if (!(parent instanceof z.ZodObject)) return false;
  return (parent.shape as Record<string, z.core.$ZodType>)[String(path.at(-1))] instanceof z.ZodOptional;
}

/** `name` keeps stand-ins apart from each other. */
function standIn(schema: z.core.$ZodType, filling: number, name: string): unknown {
  if (schema instanceof z.ZodNumber) {
    const { minValue: least, maxValue: most } = schema;
    const fitting = [least, most, (Number(least) + Number(most)) / 2].filter((n) => z.safeParse(schema, n).success);
    return fitting[filling % fitting.length];
  }
  if (schema instanceof z.ZodEnum) return schema.options[filling % schema.options.length];
  if (schema instanceof z.ZodBoolean) return filling % 2 === 0;
  if (schema instanceof z.ZodURL) return `https://${UNKNOWN}${name}.example`;
  if (schema instanceof z.ZodString) return `${UNKNOWN}${name}`;
  if (schema instanceof z.ZodArray) return [standIn(schema.element, filling, `${name}.0`)];
  if (schema instanceof z.ZodTuple) return schema.def.items.map((item, i) => standIn(item, filling, `${name}.${i}`));
  if (!(schema instanceof z.ZodObject)) return undefined;
  const required = Object.entries(schema.shape as Record<string, z.core.$ZodType>).filter(
    ([, of]) => !(of instanceof z.ZodOptional),
  );
  return Object.fromEntries(required.map(([key, of]) => [key, standIn(of, filling, `${name}.${key}`)]));
}

/** Without the key, when `leaf` is undefined. What holds nothing stays: the file is then beyond filling. */
function replaced(value: unknown, path: Path, leaf: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return leaf;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((held, i) => (i === step ? replaced(held, rest, leaf) : held));
  const { [step]: held, ...others } = value as Record<string, unknown>;
  const inner = replaced(held, rest, leaf);
  return inner === undefined ? others : { ...others, [step]: inner };
}
