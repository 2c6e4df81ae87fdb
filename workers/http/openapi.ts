/** What the descriptions of routes share. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { problemSchema } from "./problem.ts";

export const problems = {
  default: {
    description: "Refused, and why",
    content: { "application/problem+json": { schema: problemSchema } },
  },
} as const;

export function json<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { "application/json": { schema } } } as const;
}

/** A body that must be there. */
export function body<S extends z.ZodType>(schema: S) {
  return { required: true, content: { "application/json": { schema } } } as const;
}

/** Refused at the edge with the path of what is wrong, before any hub hears of it. */
const BEARER = "bearer";
export const secured = [{ [BEARER]: [] }];

export function registerSecurity(app: Pick<OpenAPIHono, "openAPIRegistry">): void {
  app.openAPIRegistry.registerComponent("securitySchemes", BEARER, {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
  });
}

/** Ids as the wire carries them: at most 128 bytes, nothing that needs quoting in a path, a label or a log line. */
export const idSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/, "letters, digits and . _ : @ - only, beginning with a letter or digit");

export const coordinatesSchema = z
  .object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
  .openapi("Coordinates");

/** An address that a hub or a client will fetch. It is shown to whoever asks for a route, so it holds no secret. */
export const httpUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((url) => !hasCredentials(url), "an address is public: no user or password in it")
  .refine((url) => !url.includes("#"), "a fragment is never sent: leave it out");

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== "" || password !== "" || /^https?:\/*[^/?#]*@/i.test(url.trim());
}

export const idempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(128)
    .optional()
    .openapi({
      description:
        "A retry with the same key returns the first outcome and applies nothing twice, also after a crash of the hub that acted; " +
        "writes to clusters and to eventual keys for 24 hours and the newest 1000 keys of a hub, what a group agrees on for 24 hours and its newest 8192, test messages while the hub runs",
    }),
});
