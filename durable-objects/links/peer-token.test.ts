import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { bearerToken, PeerTokens } from "./peer-token.ts";

const KEY = "a key that only the hubs of one federation know";
const NOW = Date.UTC(2026, 0, 1);

const options = { federation: "planet", key: KEY };
const ohio = new PeerTokens({ ...options, self: "hub-ohio", region: "us-east" });
const paris = new PeerTokens({ ...options, self: "hub-paris", region: "eu-west" });

test("a peer's token says who it is and from which region, until a minute has passed", async () => {
  const { token, jti } = await ohio.issue("hub-paris", "jti-1", NOW);
  expect(await paris.verify(token, NOW + 59_000)).toMatchObject({
    from: "hub-ohio",
    region: "us-east",
    jti,
    answers: null,
  });
  expect(await paris.verify(token, NOW + 71_000)).toBeNull();
});

test("a token is good for the hub it names and for no other", async () => {
  const { token } = await ohio.issue("hub-paris", "jti-1", NOW);
  const tokyo = new PeerTokens({ ...options, self: "hub-tokyo", region: "ap-northeast" });
  expect(await tokyo.verify(token, NOW)).toBeNull();
  expect(await ohio.verify(token, NOW)).toBeNull();
});

test("the acceptor's proof names the token that it answers", async () => {
  const { jti } = await ohio.issue("hub-paris", "jti-1", NOW);
  const proof = await paris.issue("hub-ohio", "jti-2", NOW, jti);
  expect(await ohio.verify(proof.token, NOW)).toMatchObject({ from: "hub-paris", answers: "jti-1" });
});

test("clocks may differ by ten seconds either way", async () => {
  const { token } = await ohio.issue("hub-paris", "jti-1", NOW + 9_000);
  expect(await paris.verify(token, NOW)).not.toBeNull();
  const early = await ohio.issue("hub-paris", "jti-1", NOW + 15_000);
  expect(await paris.verify(early.token, NOW)).toBeNull();
});

describe("refused", () => {
  const claims = { region: "us-east" };
  const signed = (change: (jwt: SignJWT) => SignJWT, key = KEY, alg = "HS256") => {
    const seconds = NOW / 1_000;
    const jwt = new SignJWT(claims)
      .setProtectedHeader({ alg })
      .setIssuer("planet")
      .setSubject("hub-ohio")
      .setAudience("hub-paris")
      .setJti("jti-1")
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 60);
    return change(jwt).sign(new TextEncoder().encode(key));
  };

  test("nothing, when all is well: the cases below differ in one thing each", async () => {
    expect(await paris.verify(await signed((jwt) => jwt), NOW)).not.toBeNull();
  });

  test.each<[string, (jwt: SignJWT) => SignJWT, string?, string?]>([
    ["another federation", (jwt) => jwt.setIssuer("elsewhere")],
    ["another key", (jwt) => jwt, "another key that nobody here has ever seen"],
    ["another algorithm", (jwt) => jwt, KEY.padEnd(64, "x"), "HS512"],
    ["a life of an hour", (jwt) => jwt.setIssuedAt(NOW / 1_000 - 1_800).setExpirationTime(NOW / 1_000 + 1_800)],
    ["oneself", (jwt) => jwt.setSubject("hub-paris")],
    ["an empty subject", (jwt) => jwt.setSubject("")],
  ])("%s", async (_, change, key, alg) => {
    expect(await paris.verify(await signed(change, key, alg), NOW)).toBeNull();
  });

  test.each(["", "garbage", "a.b.c", "x".repeat(100_000)])("what is no token at all", async (token) => {
    expect(await paris.verify(token, NOW)).toBeNull();
  });
});

test("a bearer token is read from its header, whatever the case of the scheme", () => {
  expect(bearerToken("bearer abc.def")).toBe("abc.def");
  expect(bearerToken("Basic abc")).toBeNull();
  expect(bearerToken("Bearer")).toBeNull();
  expect(bearerToken(null)).toBeNull();
});
