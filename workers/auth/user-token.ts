/** Users' tokens: HS256 JWT (RFC 7519) over the federation's secret key. */
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Millis } from "../../hub-core/common/types.ts";
import type { SecurityConfig } from "../../hub-core/config/index.ts";
import { highestRole, type Role } from "./roles.ts";

export type Identified =
  | { readonly ok: true; readonly subject: string; readonly role: Role | null }
  | { readonly ok: false; readonly reason: string };

export type TokenRules = Pick<SecurityConfig, "issuer" | "adminRoles" | "operatorRoles" | "tokenExpiryMs">;

const MAX_TOKEN_BYTES = 8_192;
/** What issuers' clocks may be ahead of ours. */
const CLOCK_TOLERANCE_S = 30;

/** Of tokens that were found good: a signature costs as much as all else that an edge does for a small request. */
const MAX_REMEMBERED = 1_024;

interface Remembered {
  readonly key: string;
  readonly expiresAt: Millis;
  readonly who: Identified;
}

/** By the rules that they were judged by, oldest first. */
const remembered = new WeakMap<TokenRules, Map<string, Remembered>>();

/** `key`: null when the deployment has none, and then no token is good. */
export async function identify(token: string, key: string | null, security: TokenRules): Promise<Identified> {
  if (key === null) return { ok: false, reason: "this deployment has no key to check tokens with" };
  if (token.length > MAX_TOKEN_BYTES) return { ok: false, reason: "the token is too long" };
  const good = remembered.get(security) ?? new Map<string, Remembered>();
  remembered.set(security, good);
  const before = good.get(token);
  if (before && before.key === key && before.expiresAt > Date.now()) return before.who;
  const { who, expiresAt } = await judge(token, key, security);
  good.delete(token);
  if (who.ok) good.set(token, { key, expiresAt, who });
  if (good.size > MAX_REMEMBERED) good.delete(good.keys().next().value as string);
  return who;
}

async function judge(
  token: string,
  key: string,
  security: TokenRules,
): Promise<{ readonly who: Identified; readonly expiresAt: Millis }> {
  const refused = (reason: string) => ({ who: { ok: false, reason } as const, expiresAt: 0 });
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(key), {
      algorithms: ["HS256"],
      issuer: security.issuer,
      requiredClaims: ["exp"],
    });
    const fault = lifetimeFault(payload, security.tokenExpiryMs / 1_000, Date.now() / 1_000);
    if (fault !== null) return refused(fault);
    const { sub: subject = "", exp = 0, roles } = payload;
    return { who: { ok: true, subject, role: highestRole(roles, security) }, expiresAt: exp * 1_000 };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refused("the token has expired");
    if (error instanceof errors.JOSEError) return refused("the token is not one of this federation's");
    throw error;
  }
}

/** A token that says no `iat` was issued now, to its advantage. */
function lifetimeFault({ iat, exp = 0 }: JWTPayload, maxS: number, now: number): string | null {
  if (iat !== undefined && iat > now + CLOCK_TOLERANCE_S) return "the token was issued in the future (iat)";
  const lifetime = exp - (iat ?? now);
  if (lifetime <= maxS + (iat === undefined ? CLOCK_TOLERANCE_S : 0)) return null;
  return `the token holds for ${Math.ceil(lifetime)} s; token_expiry allows ${maxS} s at most`;
}
