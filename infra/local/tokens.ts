/** User tokens: HS256 JWTs as the edge verifies them. */
import { SignJWT } from "jose";
import type { SecurityConfig } from "../../hub-core/config/index.ts";

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface TokenRequest {
  readonly role: Role;
  readonly subject: string;
  readonly expiresInMs: number;
}

/** `security` names the claims that stand for operator and admin. */
export function issueToken(
  secret: string,
  security: Pick<SecurityConfig, "issuer" | "adminRoles" | "operatorRoles">,
  { role, subject, expiresInMs }: TokenRequest,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ roles: [claimFor(role, security)] })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(security.issuer)
    .setSubject(subject)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(expiresInMs / 1_000))
    .sign(new TextEncoder().encode(secret));
}

function claimFor(role: Role, security: Pick<SecurityConfig, "adminRoles" | "operatorRoles">): string {
  switch (role) {
    case "viewer":
      return "viewer";
    case "operator":
      return security.operatorRoles[0] ?? "operator";
    case "admin":
      return security.adminRoles[0] ?? "admin";
  }
}
