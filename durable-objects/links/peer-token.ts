/**
 * How two hubs prove to each other that they are of one federation: HS256 tokens (RFC 7519) over the federation's key, each
 * naming one sender, one receiver and one moment. The dialler's goes in `Authorization`, the answer in the 101 response and
 * names the token it answers, so that neither can be used for another dial.
 */
import { errors, jwtVerify, SignJWT } from "jose";
import type { HubId, Millis, RegionId } from "../../hub-core/common/types.ts";

export const PEER_TOKEN_HEADER = "x-mpreg-peer-token";
const LIFETIME_SECONDS = 60;
/** Clocks of different regions may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 10;
const MAX_PEER_TOKEN_BYTES = 2_048;

export interface PeerClaims {
  readonly from: HubId;
  readonly to: HubId;
  readonly region: RegionId;
  readonly jti: string;
  /** Until when a replay would otherwise pass. */
  readonly acceptableUntil: Millis;
  /** The `jti` of the token that this one answers. */
  readonly answers: string | null;
}

export interface PeerTokensOptions {
  readonly federation: string;
  readonly key: string;
  readonly self: HubId;
  readonly region: RegionId;
}

export interface IssuedToken {
  readonly token: string;
  readonly jti: string;
}

export class PeerTokens {
  readonly #options: PeerTokensOptions;
  readonly #key: Uint8Array;

  constructor(options: PeerTokensOptions) {
    this.#options = options;
    this.#key = new TextEncoder().encode(options.key);
  }

  /** `answers`: the `jti` of the peer's token, when this is the accepting side's proof. */
  async issue(to: HubId, jti: string, now: Millis, answers?: string): Promise<IssuedToken> {
    const issuedAt = Math.floor(now / 1_000);
    const { self, region, federation } = this.#options;
    const token = await new SignJWT(answers === undefined ? { region } : { region, answers })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuer(federation)
      .setSubject(self)
      .setAudience(to)
      .setJti(jti)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_SECONDS)
      .sign(this.#key);
    return { token, jti };
  }

  /** Null for whatever is not a valid token, from a peer of this federation, for this hub, of this minute. */
  async verify(token: string, now: Millis): Promise<PeerClaims | null> {
    if (token.length > MAX_PEER_TOKEN_BYTES) return null;
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ["HS256"],
        issuer: this.#options.federation,
        audience: this.#options.self,
        requiredClaims: ["sub", "jti", "iat", "exp", "region"],
        maxTokenAge: LIFETIME_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
      });
      const { sub, jti, exp, region, answers } = payload;
      if (!sub || !jti || exp === undefined || typeof region !== "string" || sub === this.#options.self) return null;
      return {
        from: sub,
        to: this.#options.self,
        region,
        jti,
        acceptableUntil: (exp + CLOCK_TOLERANCE_SECONDS) * 1_000,
        answers: typeof answers === "string" ? answers : null,
      };
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }
}

/** The token of an `Authorization: Bearer …` header; null when there is none. */
export function bearerToken(authorization: string | null | undefined): string | null {
  return authorization?.match(/^Bearer +(\S+)$/i)?.[1] ?? null;
}
