import { z } from "@hono/zod-openapi";
import { METADATA_BYTES } from "../../hub-core/wire/catalog.ts";
import { anyJson, boundedJson } from "../http/index.ts";

export const gossipStatsSchema = z
  .looseObject({
    group: z.record(
      z.string(),
      z.looseObject({
        strategy: z.string(),
        fanout: z.int(),
        interval_ms: z.number(),
        rounds: z.int(),
        messages_sent: z.int(),
        messages_received: z.int(),
        duplicates: z.int(),
        bytes_sent: z.int(),
        bytes_received: z.int(),
        compressed_ratio: z.number(),
        queue_depth: z.int(),
        last_anti_entropy_at: z.iso.datetime().nullable(),
        peers: z.array(z.unknown()),
      }),
    ),
  })
  .openapi("GossipStats");

export const testMessageSchema = z
  .strictObject({
    payload: boundedJson(anyJson, METADATA_BYTES).optional(),
  })
  .openapi("TestMessage");

export const testMessageStartedSchema = z
  .looseObject({ message_id: z.string(), expected: z.array(z.string()) })
  .openapi("TestMessageStarted");

export const testMessageReportSchema = z
  .looseObject({
    message_id: z.string(),
    started_at: z.iso.datetime(),
    complete: z.boolean(),
    delivered: z.array(z.looseObject({ hub_id: z.string(), after_ms: z.number(), hops: z.int() })),
    missing: z.array(z.string()),
  })
  .openapi("TestMessageReport");
