/** The sockets of one hub: accepted (they hibernate), dialled (they do not), and found again after a wake. */
import type { Metrics } from "../../hub-core/common/metrics.ts";
import type { DurationMs, HubId, HubIdentity } from "../../hub-core/common/types.ts";
import type { HubEvent, LinkId } from "../../hub-core/hub/contract.ts";
import type { Log } from "../logs/index.ts";
import { type Dialler, dial } from "./dial.ts";
import { bearerToken, PEER_TOKEN_HEADER, type PeerClaims, type PeerTokens } from "./peer-token.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import { closeQuietly, SocketTable } from "./socket-table.ts";

export interface PeerLinksOptions {
  readonly ctx: DurableObjectState;
  readonly tokens: PeerTokens;
  readonly guard: ReplayGuard;
  /** Makes an accepted token's use durable. */
  readonly remember: (claims: PeerClaims) => void;
  /** Where a peer is and how to get there; null: nowhere that can be dialled. */
  readonly reach: (peer: HubIdentity) => { readonly url: string; readonly through: Dialler } | null;
  readonly maxSockets: number;
  readonly maxFrameBytes: number;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly emit: (event: HubEvent) => void;
}

/** Survives hibernation with its socket. */
interface Attachment {
  readonly peer: HubId;
}

export class PeerLinks {
  readonly #o: PeerLinksOptions;
  readonly #sockets = new SocketTable<WebSocket>();
  /** The attempt under way to each peer. */
  readonly #dialling = new Map<HubId, AbortController>();

  constructor(options: PeerLinksOptions) {
    this.#o = options;
  }

  /** Sockets that outlived the object's memory are links of the new run. */
  adoptHibernated(): void {
    for (const socket of this.#o.ctx.getWebSockets()) {
      const attachment = socket.deserializeAttachment() as Attachment | null;
      if (attachment) this.#opened(socket, attachment.peer, "in");
      else closeQuietly(socket, 1011, "unknown peer");
    }
  }

  /** The accepting side of a link. Anything but a peer that proves itself is answered 401. */
  async accept(request: Request): Promise<Response> {
    const claims = await this.#authenticate(request);
    if (!claims) {
      this.#o.metrics.count("federation_peers_refused_total", 1, { reason: "unauthenticated" });
      return refusal(401, "unauthenticated", { "www-authenticate": 'Bearer realm="mpreg-peer"' });
    }
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return refusal(426, "upgrade_required", { upgrade: "websocket" });
    }
    if (this.#sockets.size >= this.#o.maxSockets) {
      this.#o.metrics.count("federation_links_refused_total", 1, { reason: "flood" });
      return refusal(503, "too_many_links", { "retry-after": "5" });
    }
    const proof = await this.#o.tokens.issue(claims.from, crypto.randomUUID(), Date.now(), claims.jti);
    const { 0: client, 1: server } = new WebSocketPair();
    this.#o.ctx.acceptWebSocket(server, [claims.from]);
    server.serializeAttachment({ peer: claims.from } satisfies Attachment);
    this.#opened(server, claims.from, "in");
    return new Response(null, { status: 101, webSocket: client, headers: { [PEER_TOKEN_HEADER]: proof.token } });
  }

  /**
   * Ends in one `link-opened` or one `dial-failed`, unless a later one to the same peer takes its place: the hub asks again
   * when this one may hang on a hole that is no more.
   */
  async dial(peer: HubIdentity, timeoutMs: DurationMs): Promise<void> {
    const route = this.#o.reach(peer);
    if (!route) {
      this.#o.log("warn", "peer_address_invalid", { peer: peer.hubId, address: peer.address });
      this.#o.emit({ kind: "dial-failed", peer: peer.hubId, reason: "unreachable" });
      return;
    }
    this.#dialling.get(peer.hubId)?.abort();
    const attempt = new AbortController();
    this.#dialling.set(peer.hubId, attempt);
    const outcome = await dial({ peer: peer.hubId, timeoutMs, tokens: this.#o.tokens, attempt, ...route });
    if (this.#dialling.get(peer.hubId) !== attempt) {
      if (outcome.kind === "open") closeQuietly(outcome.socket, 1000, "dialled anew");
      return;
    }
    this.#dialling.delete(peer.hubId);
    if (outcome.kind === "failed") {
      this.#o.log("debug", "dial_failed", { peer: peer.hubId, reason: outcome.reason, detail: outcome.detail });
      this.#o.emit({ kind: "dial-failed", peer: peer.hubId, reason: outcome.reason });
      return;
    }
    const { socket } = outcome;
    socket.addEventListener("message", (event) => this.received(socket, event.data));
    socket.addEventListener("close", () => this.ended(socket));
    socket.addEventListener("error", () => this.ended(socket));
    this.#opened(socket, peer.hubId, "out");
  }

  send(link: LinkId, bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#sockets.send(link, bytes)) this.#lost(link);
  }

  close(link: LinkId, code: number, reason: string): void {
    this.#sockets.close(link, code, reason);
  }

  /** A peer that sends what is no frame at all, or one over the limit, loses its link. */
  received(socket: WebSocket, data: unknown): void {
    const open = this.#sockets.find(socket);
    if (!open) return;
    if (!(data instanceof ArrayBuffer)) return this.#expel(open.link, "text", 1003, "binary frames only");
    if (data.byteLength > this.#o.maxFrameBytes)
      return this.#expel(open.link, "oversize", 1009, "frame over the limit");
    this.#o.emit({ kind: "frame", link: open.link, bytes: new Uint8Array(data) });
  }

  ended(socket: WebSocket): void {
    const open = this.#sockets.ended(socket);
    // Answering the close completes the handshake where the platform does not do it by itself.
    closeQuietly(socket, 1000, "");
    if (open) this.#o.emit({ kind: "link-closed", link: open.link });
  }

  #opened(socket: WebSocket, peer: HubId, direction: "out" | "in"): void {
    const { link } = this.#sockets.add(socket, peer, direction);
    this.#o.emit({ kind: "link-opened", link, peer, direction });
  }

  #expel(link: LinkId, reason: string, code: number, told: string): void {
    this.#o.metrics.count("federation_frames_rejected_total", 1, { reason });
    this.#sockets.close(link, code, told);
    this.#o.emit({ kind: "link-closed", link });
  }

  #lost(link: LinkId): void {
    this.#sockets.close(link, 1011, "cannot send");
    this.#o.emit({ kind: "link-closed", link });
  }

  async #authenticate(request: Request): Promise<PeerClaims | null> {
    const token = bearerToken(request.headers.get("authorization"));
    if (token === null) return null;
    const now = Date.now();
    const claims = await this.#o.tokens.verify(token, now);
    if (!claims || claims.answers !== null) return null;
    if (!this.#o.guard.accept(claims.jti, claims.acceptableUntil, now)) return null;
    this.#o.remember(claims);
    return claims;
  }
}

function refusal(status: number, code: string, headers: Record<string, string>): Response {
  return Response.json({ code }, { status, headers });
}
