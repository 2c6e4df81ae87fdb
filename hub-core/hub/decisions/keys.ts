/**
 * What the federation decides about itself: strong keys of the global group under `mpreg/`, each written by a ballot of its
 * hubs, and copied by every regional coordinator into its own group, so that local hubs have them too.
 */
import { z } from "zod";
import type { Json } from "../../common/types.ts";
import { hotSettings } from "../../config/hot-settings.ts";
import { identifier } from "../../config/sections.ts";

export const RESERVED = "mpreg/";
export const CONFIG_KEY = `${RESERVED}config`;
export const REGIONS = `${RESERVED}regions/`;

/** `force`: also while clusters there are in service. */
export const regionDecision = z.strictObject({ state: z.enum(["active", "removed"]), force: z.boolean().optional() });

/** Null: it may be voted on. Else why not, for people. */
export function malformed(key: string, value: Json): string | null {
  if (!key.startsWith(RESERVED)) return null;
  if (key === CONFIG_KEY) return complaint(hotSettings, value);
  if (!key.startsWith(REGIONS)) return `there is no decision named ${key}: known are ${CONFIG_KEY} and ${REGIONS}{id}`;
  if (!identifier.safeParse(key.slice(REGIONS.length)).success) return `${key} does not name a region`;
  return complaint(regionDecision, value);
}

function complaint(schema: z.ZodType, value: Json): string | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return null;
  return parsed.error.issues.map(({ path, message }) => `${path.join(".") || "value"}: ${message}`).join("; ");
}
