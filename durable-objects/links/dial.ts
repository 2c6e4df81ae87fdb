/** One outgoing link: connect, prove who we are, and see that the other end is who it should be. */
import type { DurationMs, HubId } from "../../hub-core/common/types.ts";
import type { DialFailure } from "../../hub-core/hub/contract.ts";
import { failureOfError, failureOfStatus } from "./dial-failure.ts";
import { PEER_TOKEN_HEADER, type PeerTokens } from "./peer-token.ts";
import { closeQuietly } from "./socket-table.ts";

export type Dialled =
  | { readonly kind: "open"; readonly socket: WebSocket }
  | { readonly kind: "failed"; readonly reason: DialFailure; readonly detail: string };

/** How to reach the peer: over the network, or through the namespace when it lives in the same deployment. */
export type Dialler = (request: Request) => Promise<Response>;

export interface DialOptions {
  readonly peer: HubId;
  /** Full URL of the peer's `/peer/{hub_id}`. */
  readonly url: string;
  readonly timeoutMs: DurationMs;
  readonly tokens: PeerTokens;
  readonly through: Dialler;
  /** Whoever aborts it gives the dial up before its time. */
  readonly attempt: AbortController;
}

/** Never throws: every end is an outcome. */
export async function dial(options: DialOptions): Promise<Dialled> {
  // Not AbortSignal.timeout: it would go on to end the socket that came of the request.
  const { attempt, timeoutMs } = options;
  const clock = setTimeout(() => attempt.abort(), timeoutMs);
  try {
    return await connect(options, attempt.signal);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: "failed", reason: attempt.signal.aborted ? "timeout" : failureOfError(error), detail };
  } finally {
    clearTimeout(clock);
  }
}

async function connect(options: DialOptions, signal: AbortSignal): Promise<Dialled> {
  const { peer, url, tokens, through } = options;
  const { token, jti } = await tokens.issue(peer, crypto.randomUUID(), Date.now());
  signal.throwIfAborted();
  const headers = { upgrade: "websocket", authorization: `Bearer ${token}` };
  const response = await through(new Request(url, { headers, signal, redirect: "manual" }));
  const socket = response.webSocket;
  if (!socket) {
    await response.body?.cancel();
    return { kind: "failed", reason: failureOfStatus(response.status), detail: `status ${response.status}` };
  }
  const proof = response.headers.get(PEER_TOKEN_HEADER);
  const claims = proof === null ? null : await tokens.verify(proof, Date.now());
  socket.accept();
  if (claims?.from !== peer || claims.answers !== jti) {
    closeQuietly(socket, 1008, "peer not authenticated");
    return { kind: "failed", reason: "unauthorized", detail: "the peer did not prove who it is" };
  }
  socket.binaryType = "arraybuffer";
  return { kind: "open", socket };
}
