/** The shapes of what is decided, as users send and get them. */
import { z } from "@hono/zod-openapi";
import { hotSettings } from "../../hub-core/config/index.ts";

// Made anew: in the bundle the core's schemas are made before `openapi` is there.
export const agreedSchema = z.strictObject(hotSettings.shape).openapi("AgreedConfig", {
  description:
    "The part that may change while hubs run, in the words of the configuration file. What is left out is as in the file.",
});

export const configSchema = z
  .looseObject({
    hub_id: z.string(),
    effective: z.looseObject({}).openapi({ description: "As the hub uses it now; no secret is among it" }),
    agreed: z
      .looseObject({})
      .openapi({ description: "What the federation has agreed on, over what the hub's file says" }),
  })
  .openapi("Config");

export const decidedSchema = z
  .looseObject({
    proposal_id: z.string(),
    state: z.enum(["pending", "committed"]),
    votes: z.array(z.looseObject({ hub_id: z.string(), vote: z.enum(["yes", "no"]) })),
  })
  .openapi("Decided");
