import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { highestRole, includes } from "./roles.ts";
import { identify } from "./user-token.ts";

const KEY = "a secret that is at least as long as it should be";
const security = {
  issuer: "mpreg-federation",
  adminRoles: ["federation_admin"],
  operatorRoles: ["federation_operator"],
  tokenExpiryMs: 3_600_000,
};

function token(
  claims: Record<string, unknown>,
  { key = KEY, alg = "HS256", issuer = "mpreg-federation", exp = "1h" } = {},
) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg })
    .setIssuer(issuer)
    .setSubject("ada")
    .setExpirationTime(exp)
    .sign(new TextEncoder().encode(key));
}

test("each role includes the ones before it", () => {
  expect(includes("admin", "operator")).toBe(true);
  expect(includes("operator", "viewer")).toBe(true);
  expect(includes("viewer", "operator")).toBe(false);
});

test.each([
  [["viewer"], "viewer"],
  [["viewer", "operator"], "operator"],
  [["federation_operator"], "operator"],
  [["federation_admin"], "admin"],
  ["viewer admin", "admin"],
  [["root"], null],
  [[], null],
  [undefined, null],
  [{ admin: true }, null],
] as const)("roles %j give %s", (claim, role) => {
  expect(highestRole(claim, security)).toBe(role);
});

test("a token of this federation says who it is and what they may do", async () => {
  expect(await identify(await token({ roles: ["operator"] }), KEY, security)).toEqual({
    ok: true,
    subject: "ada",
    role: "operator",
  });
});

test("refused, with the reason: a lifetime over token_expiry, issued in the future", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const sign = (iat: number | null, exp: number) => {
    const jwt = new SignJWT({ roles: ["admin"] }).setProtectedHeader({ alg: "HS256" }).setIssuer("mpreg-federation");
    if (iat !== null) jwt.setIssuedAt(iat);
    return jwt.setExpirationTime(exp).sign(new TextEncoder().encode(KEY));
  };
  const judge = async (iat: number | null, exp: number) => identify(await sign(iat, exp), KEY, security);
  expect(await judge(now, now + 365 * 86_400)).toMatchObject({ reason: expect.stringContaining("token_expiry") });
  expect(await judge(null, now + 7_200)).toMatchObject({ reason: expect.stringContaining("3600 s at most") });
  expect(await judge(now - 3_000, now + 3_000)).toMatchObject({ reason: expect.stringContaining("token_expiry") });
  expect(await judge(now + 600, now + 700)).toMatchObject({ reason: expect.stringContaining("future") });
  expect(await judge(now + 10, now + 3_610)).toMatchObject({ ok: true });
  expect(await judge(null, now + 3_600)).toMatchObject({ ok: true });
});

test("refused: expired, other issuer, other key, other algorithm, no expiry, garbage, and all when there is no key", async () => {
  const roles = { roles: ["admin"] };
  const endless = await new SignJWT(roles)
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("mpreg-federation")
    .sign(new TextEncoder().encode(KEY));
  const refused = [
    await token(roles, { exp: "-1s" }),
    await token(roles, { issuer: "elsewhere" }),
    await token(roles, { key: `${KEY}!` }),
    await token(roles, { key: KEY.padEnd(64, "x"), alg: "HS512" }),
    endless,
    "garbage",
    "x".repeat(10_000),
  ];
  for (const each of refused) expect((await identify(each, KEY, security)).ok).toBe(false);
  expect((await identify(await token(roles), null, security)).ok).toBe(false);
});
