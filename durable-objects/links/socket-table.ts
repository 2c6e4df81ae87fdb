/** Which socket is which link: numbered here, closed once here. */

import type { HubId } from "../../hub-core/common/types.ts";
import type { LinkId } from "../../hub-core/hub/contract.ts";

/** What the table needs of a WebSocket. */
export interface Socket {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
}

export interface OpenLink<S extends Socket> {
  readonly link: LinkId;
  readonly peer: HubId;
  readonly direction: "out" | "in";
  readonly socket: S;
}

/** Of a close frame, RFC 6455 §5.5.1. */
const MAX_REASON_BYTES = 123;

export class SocketTable<S extends Socket> {
  readonly #byLink = new Map<LinkId, OpenLink<S>>();
  readonly #bySocket = new Map<S, OpenLink<S>>();
  #lastLink = 0;

  get size(): number {
    return this.#byLink.size;
  }

  add(socket: S, peer: HubId, direction: "out" | "in"): OpenLink<S> {
    this.#lastLink += 1;
    const open = { link: this.#lastLink, peer, direction, socket };
    this.#byLink.set(open.link, open);
    this.#bySocket.set(socket, open);
    return open;
  }

  find(socket: S): OpenLink<S> | undefined {
    return this.#bySocket.get(socket);
  }

  /** False when the link is gone already, or its socket takes nothing more; the caller then reports it closed. */
  send(link: LinkId, bytes: Uint8Array<ArrayBuffer>): boolean {
    const open = this.#byLink.get(link);
    if (!open) return false;
    try {
      open.socket.send(bytes);
      return true;
    } catch {
      // The platform throws when the socket has begun to close; its close event may come late or, after an eviction, never.
      return false;
    }
  }

  close(link: LinkId, code: number, reason: string): void {
    const open = this.#byLink.get(link);
    if (!open) return;
    this.#remove(open);
    closeQuietly(open.socket, code, reason);
  }

  /** The other end, or the platform, ended it. Answers with the link the first time only: close and error may both come. */
  ended(socket: S): OpenLink<S> | undefined {
    const open = this.#bySocket.get(socket);
    if (open) this.#remove(open);
    return open;
  }

  #remove(open: OpenLink<S>): void {
    this.#byLink.delete(open.link);
    this.#bySocket.delete(open.socket);
  }
}

/** Ends a socket whatever state it is in. */
export function closeQuietly(socket: Socket, code: number, reason: string): void {
  try {
    socket.close(code, truncate(reason));
  } catch {
    // Closed already by the other end: what was wanted.
  }
}

function truncate(reason: string): string {
  const utf8 = new TextEncoder().encode(reason);
  if (utf8.length <= MAX_REASON_BYTES) return reason;
  return new TextDecoder().decode(utf8.subarray(0, MAX_REASON_BYTES - 3)).replace(/\uFFFD+$/, "");
}
