/** Three roles, each including the one before. */
import type { SecurityConfig } from "../../hub-core/config/index.ts";

const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export function includes(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}

/** The highest role that a token's `roles` claim gives; null for none. The federation may have its own names for them. */
export function highestRole(claim: unknown, names: Pick<SecurityConfig, "adminRoles" | "operatorRoles">): Role | null {
  const claimed = new Set(typeof claim === "string" ? claim.split(/[\s,]+/) : Array.isArray(claim) ? claim : []);
  if (claimed.has("admin") || names.adminRoles.some((name) => claimed.has(name))) return "admin";
  if (claimed.has("operator") || names.operatorRoles.some((name) => claimed.has(name))) return "operator";
  return claimed.has("viewer") ? "viewer" : null;
}
