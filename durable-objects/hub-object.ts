/** The Durable Object: one hub. All it does itself is to hand what the platform brings to its `HubProcess`. */
import { DurableObject } from "cloudflare:workers";
import { type Reply, refused } from "../hub-core/common/problem.ts";
import type { HubIdentity } from "../hub-core/common/types.ts";
import type { Request as HubRequest } from "../hub-core/hub/index.ts";
import { type Env, readDeployment } from "./deployment/index.ts";
import { HubProcess } from "./hub-process.ts";
import { consoleLog, isLogLevel, type Log } from "./logs/index.ts";

export class HubObject extends DurableObject<Env> {
  /** Null when the object's name is no hub of this deployment: it then keeps nothing and answers nothing. */
  #process: HubProcess | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const log = logFor(ctx, env);
    ctx
      .blockConcurrencyWhile(async () => {
        const hubId = ctx.id.name;
        const deployment = readDeployment(env);
        const config = hubId === undefined || !deployment.hosted.includes(hubId) ? null : deployment.hubConfig(hubId);
        if (!config) return;
        const alarmAt = await ctx.storage.getAlarm();
        this.#process = new HubProcess({ ctx, env, deployment, config, alarmAt, log });
        this.#process.start();
      })
      // The platform resets the object and fails its callers; the reason would be lost.
      .catch((error: unknown) => log("error", "hub_not_started", { error: String(error) }));
  }

  /** Not named after anything that the platform owns (`fetch`, `connect`, `queue`). */
  async ask(request: HubRequest): Promise<Reply> {
    const [reply] = await this.askAll([request]);
    return reply as Reply;
  }

  /** Many clients' questions in one call: a reply to each, in their order, when all are answered. */
  async askAll(requests: readonly HubRequest[]): Promise<Reply[]> {
    return this.#process?.ask(requests) ?? requests.map(() => this.#unknown());
  }

  introduce(hubs: readonly HubIdentity[]): Reply {
    if (!this.#process) return this.#unknown();
    this.#process.introduce(hubs);
    return { ok: true, status: 202, value: { introduced: hubs.length } };
  }

  /** Peers only: everything else comes by `ask`. */
  override async fetch(request: Request): Promise<Response> {
    if (!this.#process) return Response.json({ code: "hub_unknown" }, { status: 404 });
    return this.#process.links.accept(request);
  }

  override webSocketMessage(socket: WebSocket, data: ArrayBuffer | string): void {
    this.#process?.links.received(socket, data);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#process?.links.ended(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#process?.links.ended(socket);
  }

  override alarm(): void {
    this.#process?.timers.rang();
  }

  #unknown(): Reply {
    return refused(404, "hub_unknown", `no hub named ${this.ctx.id.name ?? "(unnamed)"} lives in this region`);
  }
}

function logFor(ctx: DurableObjectState, env: Env): Log {
  const level = env.MPREG_LOG_LEVEL ?? "info";
  return consoleLog(isLogLevel(level) ? level : "info", { hub: ctx.id.name ?? null, region: env.MPREG_REGION });
}
