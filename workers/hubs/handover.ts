/**
 * What an edge says of a request that it hands on: the way it has come, and where the client is. A short-lived token (HS256,
 * RFC 7519, over the federation's key) says it, for one hub: what clients write into headers themselves counts for nothing.
 */
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Coordinates, HubId, Millis } from "../../hub-core/common/types.ts";

export const HANDOVER_HEADER = "x-mpreg-handover";
/** Sets it apart from the tokens of peers, which are signed with the same key. */
const TYPE = "mpreg-handover+jwt";
const LIFETIME_SECONDS = 60;
/** Clocks of different regions may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 10;
const MAX_TOKEN_BYTES = 4_096;

export interface Handover {
  /** The edges that have handed it on in search of one hub, in order. */
  readonly passed: readonly string[];
  /** How many hubs have sent a write on to another hub. */
  readonly redirects: number;
  /** Where the client is, as the first edge saw it. */
  readonly client: Coordinates | null;
}

/** Of a request that comes from a client. */
export const FROM_CLIENT: Handover = { passed: [], redirects: 0, client: null };

export class Handovers {
  readonly #federation: string;
  readonly #key: string | undefined;

  /** Without a key nothing is said, and nothing believed. */
  constructor(federation: string, key: string | undefined) {
    this.#federation = federation;
    this.#key = key;
  }

  async write(headers: Headers, to: HubId, { passed, redirects, client }: Handover, now = Date.now()): Promise<void> {
    headers.delete(HANDOVER_HEADER);
    if (!this.#key) return;
    const issuedAt = Math.floor(now / 1_000);
    const at = client && { latitude: client.latitude, longitude: client.longitude };
    const token = await new SignJWT({ passed, redirects, client: at })
      .setProtectedHeader({ alg: "HS256", typ: TYPE })
      .setIssuer(this.#federation)
      .setAudience(to)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_SECONDS)
      .sign(new TextEncoder().encode(this.#key));
    headers.set(HANDOVER_HEADER, token);
  }

  /** `to`: the hub that the request is for; null when it names none, as then no edge has handed it on. */
  async read(headers: Headers, to: HubId | null, now: Millis = Date.now()): Promise<Handover> {
    const token = headers.get(HANDOVER_HEADER);
    if (token === null || to === null || !this.#key || token.length > MAX_TOKEN_BYTES) return FROM_CLIENT;
    try {
      const { payload } = await jwtVerify(token, new TextEncoder().encode(this.#key), {
        algorithms: ["HS256"],
        typ: TYPE,
        issuer: this.#federation,
        audience: to,
        requiredClaims: ["iat", "exp"],
        maxTokenAge: LIFETIME_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
      });
      return handoverOf(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return FROM_CLIENT;
      throw error;
    }
  }
}

function handoverOf({ passed, redirects, client }: JWTPayload): Handover {
  return {
    passed: Array.isArray(passed) ? passed.map(String) : [],
    redirects: typeof redirects === "number" ? redirects : 0,
    client: (client as Coordinates | null | undefined) ?? null,
  };
}
