/** Ends a connection so that the other side sees it break. */
import type { Socket } from "node:net";

/**
 * A socket that is being ended is closed and not reset: the runtime refuses the reset (EINVAL) and would leave the connection
 * open, and a client that writes before it reads would hang on it.
 */
export function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
