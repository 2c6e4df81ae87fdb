/**
 * One operation of one client, as it was recorded. The outcomes fall into three: it took effect and this is what it gave (`found`,
 * `absent`, `written`, `deleted`, and `mismatch`, which is a look at the key), it certainly did not (`refused`), nobody knows (`unknown`).
 */
import { z } from "zod";
import type { Json, Millis } from "../../hub-core/common/types.ts";

const json: z.ZodType<Json> = z.json();
const version = z.int().positive();
const revision = z.int().nonnegative();

const found = z.strictObject({ kind: z.literal("found"), value: json, version });
/** 404: no such key. */
const absent = z.strictObject({ kind: z.literal("absent") });
const written = z.strictObject({ kind: z.literal("written"), version, revision, created: z.boolean() });
const deleted = z.strictObject({ kind: z.literal("deleted"), revision });
/** 412, with what stood there instead; null when the answer did not say. */
const mismatch = z.strictObject({
  kind: z.literal("mismatch"),
  seen: z.union([version, z.literal("absent"), z.null()]),
});
/** Definitely not applied: `no_quorum`, or the request itself was refused. */
const refused = z.strictObject({ kind: z.literal("refused"), code: z.string() });
/** Never took effect, or did at any time after the invocation, however late. */
const unknown = z.strictObject({ kind: z.literal("unknown") });

/** A version of the key, or that there be no key. */
const expectation = z.union([version, z.literal("absent")]);

const common = {
  /** One client at one hub, as far as the order of stale reads goes. */
  process: z.string(),
  key: z.string(),
  invokedAt: z.number(),
  /** Null: no answer came. */
  returnedAt: z.number().nullable(),
};

export const operationSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("read"),
    ...common,
    consistency: z.enum(["linearizable", "stale"]),
    outcome: z.discriminatedUnion("kind", [found, absent, refused, unknown]),
  }),
  z.strictObject({
    kind: z.literal("write"),
    ...common,
    value: json,
    outcome: z.discriminatedUnion("kind", [written, refused, unknown]),
  }),
  z.strictObject({
    kind: z.literal("cas"),
    ...common,
    expect: expectation,
    value: json,
    outcome: z.discriminatedUnion("kind", [written, mismatch, refused, unknown]),
  }),
  z.strictObject({
    kind: z.literal("delete"),
    ...common,
    expect: version.nullable(),
    outcome: z.discriminatedUnion("kind", [deleted, absent, mismatch, refused, unknown]),
  }),
]);

export type Operation = z.infer<typeof operationSchema>;
export type Expectation = z.infer<typeof expectation>;

/** What a client asks for, before anything is known of how it went. */
export type Action = Operation extends infer Each
  ? Each extends Operation
    ? Omit<Each, "process" | "invokedAt" | "returnedAt" | "outcome">
    : never
  : never;
export type OutcomeOf<Kind extends Operation["kind"]> = Extract<Operation, { kind: Kind }>["outcome"];

/** When its effect, if it had any, was certainly over: never, for one that may still come. */
export function settledAt({ outcome, returnedAt }: Operation): Millis {
  return outcome.kind === "unknown" || returnedAt === null ? Number.POSITIVE_INFINITY : returnedAt;
}
