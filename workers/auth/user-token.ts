/** Users' tokens: HS256 JWT (RFC 7519) over the federation's secret key. */
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { SecurityConfig } from "../../hub-core/config/index.ts";
import { highestRole, type Role } from "./roles.ts";

export type Identified =
  | { readonly ok: true; readonly subject: string; readonly role: Role | null }
  | { readonly ok: false; readonly reason: string };

export type TokenRules = Pick<SecurityConfig, "issuer" | "adminRoles" | "operatorRoles" | "tokenExpiryMs">;

const MAX_TOKEN_BYTES = 8_192;
/** What issuers' clocks may be ahead of ours. */
const CLOCK_TOLERANCE_S = 30;

/** `key`: null when the deployment has none, and then no token is good. */
export async function identify(token: string, key: string | null, security: TokenRules): Promise<Identified> {
  if (key === null) return { ok: false, reason: "this deployment has no key to check tokens with" };
  if (token.length > MAX_TOKEN_BYTES) return { ok: false, reason: "the token is too long" };
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(key), {
      algorithms: ["HS256"],
      issuer: security.issuer,
      requiredClaims: ["exp"],
    });
    const fault = lifetimeFault(payload, security.tokenExpiryMs / 1_000, Date.now() / 1_000);
    if (fault !== null) return { ok: false, reason: fault };
    return { ok: true, subject: payload.sub ?? "", role: highestRole(payload.roles, security) };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { ok: false, reason: "the token has expired" };
    if (error instanceof errors.JOSEError) return { ok: false, reason: "the token is not one of this federation's" };
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
