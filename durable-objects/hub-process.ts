/** One run of one hub: its machines, tables, timers, links and checks, put together. */
import type { StoredWrite } from "../hub-core/common/outbox.ts";
import type { Reply } from "../hub-core/common/problem.ts";
import type { HubIdentity, Millis } from "../hub-core/common/types.ts";
import type { HubConfig } from "../hub-core/config/index.ts";
import { Hub, type Request as HubRequest } from "../hub-core/hub/index.ts";
import { CheckQueue, httpCheck } from "./checks/index.ts";
import type { Deployment, Env } from "./deployment/index.ts";
import { PeerLinks, PeerTokens, peerUrl, ReplayGuard } from "./links/index.ts";
import type { Log } from "./logs/index.ts";
import { Runner, type World } from "./runner.ts";
import { Store } from "./storage/index.ts";
import { HubTimers } from "./timers/index.ts";
import { SOFTWARE_VERSION } from "./version.ts";

/** Sockets being greeted, replaced or let go, over and above the links that count. */
const SOCKETS_PER_CONNECTION = 4;

export interface HubProcessOptions {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly deployment: Deployment;
  readonly config: HubConfig;
  /** When the alarm of an earlier run will ring. */
  readonly alarmAt: Millis | null;
  readonly log: Log;
}

export class HubProcess {
  readonly links: PeerLinks;
  readonly timers: HubTimers;
  readonly #o: HubProcessOptions;
  readonly #store: Store;
  readonly #hub: Hub;
  readonly #runner: Runner;
  readonly #checks: CheckQueue;
  /** The hub answers within the step that it was asked in, so that no more than one waits here. */
  readonly #pending = new Map<string, (reply: Reply) => void>();
  #lastRequest = 0;

  constructor(options: HubProcessOptions) {
    const { ctx, config, log } = options;
    const now = Date.now();
    this.#o = options;
    this.#store = new Store(ctx.storage, now);
    const stored = this.#store.load();
    const { protocolVersion } = options.deployment;
    const seed = freshSeed();
    this.#hub = new Hub({ config, stored, seed, softwareVersion: SOFTWARE_VERSION, protocolVersion }, now);
    this.#runner = new Runner(this.#hub, this.#world());
    this.links = this.#openLinks(now);
    this.timers = this.#openTimers();
    this.#checks = new CheckQueue(httpCheck, ({ clusterId, token }, outcome) =>
      this.#runner.feed({ kind: "checked", clusterId, token, outcome }),
    );
    log("debug", "hub_loaded", { records: stored.records.size, peers: stored.peers.length });
  }

  start(): void {
    this.#runner.feed({ kind: "start" });
    this.links.adoptHibernated();
  }

  /** @returns a reply for each, in their order. */
  ask(requests: readonly HubRequest[]): Promise<Reply[]> {
    const asked = requests.map((request) => {
      this.#lastRequest += 1;
      return { id: String(this.#lastRequest), request };
    });
    const replies = asked.map(({ id }) => new Promise<Reply>((resolve) => this.#pending.set(id, resolve)));
    this.#runner.feed({ kind: "requests", asked });
    return Promise.all(replies);
  }

  introduce(hubs: readonly HubIdentity[]): void {
    this.#runner.feed({ kind: "introduce", hubs });
  }

  #openLinks(now: Millis): PeerLinks {
    const { ctx, env, deployment, config, log } = this.#o;
    return new PeerLinks({
      ctx,
      tokens: new PeerTokens({
        federation: deployment.federation.name,
        key: env.MPREG_PEER_KEY,
        self: config.hub.hubId,
        region: config.hub.region,
      }),
      guard: new ReplayGuard(this.#store.usedTokens(now)),
      remember: ({ jti, acceptableUntil }) => this.#store.rememberToken(jti, acceptableUntil, Date.now()),
      reach: (peer) => this.#reach(peer),
      maxSockets: SOCKETS_PER_CONNECTION * config.network.maxConnections,
      maxFrameBytes: config.gossip.maxMessageBytes,
      metrics: this.#hub.metrics,
      log,
      emit: (event) => this.#runner.feed(event),
    });
  }

  /** Hubs of the same deployment are reached without leaving it: a Worker cannot fetch its own address. */
  #reach(peer: HubIdentity): { url: string; through: (request: Request) => Promise<Response> } | null {
    const { env, deployment } = this.#o;
    if (deployment.hosted.includes(peer.hubId)) {
      const hub = env.HUB.get(env.HUB.idFromName(peer.hubId));
      return { url: `https://hub/peer/${encodeURIComponent(peer.hubId)}`, through: (request) => hub.fetch(request) };
    }
    // A region's edge answers for the hubs of the deployment; one that joined later is an edge of its own.
    const named = deployment.federation.hubs.some(({ id }) => id === peer.hubId);
    const url = peerUrl(peer.hubId, (named ? deployment.regionUrls.get(peer.region) : undefined) ?? peer.address);
    return url === null ? null : { url, through: (request) => fetch(request) };
  }

  #openTimers(): HubTimers {
    const { ctx, log } = this.#o;
    return new HubTimers(
      {
        now: () => Date.now(),
        setAlarm: (at) => {
          this.#hub.metrics.count("storage_alarms_set_total");
          ctx.storage.setAlarm(at).catch((error: unknown) => log("error", "alarm_not_set", { error: String(error) }));
        },
        after: (delayMs, callback) => {
          const handle = setTimeout(callback, delayMs);
          return () => clearTimeout(handle);
        },
      },
      this.#o.alarmAt,
      (due) => {
        for (const { timer, token } of due) this.#runner.feed({ kind: "timer", timer, token });
      },
    );
  }

  #world(): World {
    const { ctx, log } = this.#o;
    return {
      now: () => Date.now(),
      persist: (writes: readonly StoredWrite[]) => this.#store.write(writes),
      send: (link, bytes) => this.links.send(link, bytes),
      openLink: (peer, timeoutMs) => void this.links.dial(peer, timeoutMs),
      closeLink: (link, code, reason) => this.links.close(link, code, reason),
      setTimer: (timer, at, token) => this.timers.set(timer, at, token),
      timersSet: () => this.timers.replan(),
      check: (check) => this.#checks.submit(check),
      reply: (id, reply) => this.#reply(id, reply),
      log,
      crash: (cause) => {
        log("error", "hub_crashed", { error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
        ctx.abort("the hub broke an invariant, or could not store what it must");
      },
    };
  }

  #reply(id: string, reply: Reply): void {
    this.#pending.get(id)?.(reply);
    this.#pending.delete(id);
  }
}

/** 48 random bits: what a double holds, with room. */
function freshSeed(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return ((high ?? 0) & 0xffff) * 0x1_0000_0000 + (low ?? 0);
}
