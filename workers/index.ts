/** A region's deployment: the edge, and the hubs behind it. */
import type { Env } from "../durable-objects/deployment/index.ts";
import { handle } from "./edge.ts";
import { wakeHubs, wakeOnce } from "./wake.ts";

export { HubObject } from "../durable-objects/index.ts";
export type { Api } from "./app.ts";

export default {
  async fetch(request, env, ctx) {
    ctx.waitUntil(wakeOnce(env));
    return handle(request, env, ctx);
  },
  async scheduled(_event, env) {
    await wakeHubs(env);
  },
} satisfies ExportedHandler<Env>;
