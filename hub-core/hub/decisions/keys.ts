/**
 * What the federation decides about itself: strong keys of the global group under `mpreg/`, each written by a ballot of its
 * hubs, and copied by every regional coordinator into its own group, so that local hubs have them too.
 */
import { z } from "zod";
import type { Json } from "../../common/types.ts";
import { hotSettings } from "../../config/hot-settings.ts";
import { identifier } from "../../config/sections.ts";
import { MAX_PENDING } from "../../consensus/index.ts";

export const RESERVED = "mpreg/";
export const CONFIG_KEY = `${RESERVED}config`;
export const REGIONS = `${RESERVED}regions/`;

/** `force`: also while clusters there are in service. */
export const regionDecision = z.strictObject({ state: z.enum(["active", "removed"]), force: z.boolean().optional() });

/** Of the open proposals a group may have. */
const FOR_DECISIONS = 16;

/** How many may be open for one of `key` to be taken, where `allowed` are: of decisions more than of what needs no admin. */
export function maxOpen(key: string, allowed: number): number {
  return key.startsWith(RESERVED) ? allowed + FOR_DECISIONS : Math.min(allowed, MAX_PENDING - FOR_DECISIONS);
}

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
