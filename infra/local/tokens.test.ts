import { jwtVerify } from "jose";
import { expect, test } from "vitest";
import { issueToken } from "./tokens.ts";

const SECRET = "0123456789abcdef";
const SECURITY = {
  issuer: "mpreg-federation",
  adminRoles: ["federation_admin"],
  operatorRoles: ["federation_operator"],
};

test.each([
  ["viewer", "viewer"],
  ["operator", "federation_operator"],
  ["admin", "federation_admin"],
] as const)("a token for %s carries the claim %s, its issuer, its subject and its end", async (role, claim) => {
  const token = await issueToken(SECRET, SECURITY, { role, subject: "ann", expiresInMs: 60_000 });
  const { payload } = await jwtVerify(token, new TextEncoder().encode(SECRET), { issuer: "mpreg-federation" });
  expect(payload).toMatchObject({ sub: "ann", roles: [claim] });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
});
