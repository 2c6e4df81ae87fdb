/** Stands before a route and lets through who holds the role. */
import type { MiddlewareHandler } from "hono";
import { bearerToken } from "../../durable-objects/links/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { sendProblem } from "../http/index.ts";
import { includes, type Role } from "./roles.ts";
import { identify } from "./user-token.ts";

export function requires(role: Role): MiddlewareHandler<EdgeEnv> {
  return async (c, next) => {
    const { security } = c.env.deployment.federation.settings;
    if (security.method === "none") return next();
    const token = bearerToken(c.req.header("authorization"));
    if (token === null) {
      const detail = `send a token with the role ${role} as Authorization: Bearer …`;
      return sendProblem(
        c,
        { status: 401, code: "unauthenticated", detail },
        { "www-authenticate": 'Bearer realm="mpreg"' },
      );
    }
    const who = await identify(token, c.env.tokenKey, security);
    if (!who.ok) {
      const challenge = { "www-authenticate": 'Bearer realm="mpreg", error="invalid_token"' };
      return sendProblem(c, { status: 401, code: "unauthenticated", detail: who.reason }, challenge);
    }
    if (security.rbacEnabled && (who.role === null || !includes(who.role, role))) {
      const detail = `this needs the role ${role}; the token has ${who.role ?? "none"}`;
      return sendProblem(
        c,
        { status: 403, code: "forbidden", detail },
        { "www-authenticate": 'Bearer error="insufficient_scope"' },
      );
    }
    return next();
  };
}
