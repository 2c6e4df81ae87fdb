import { encodeFrames } from "../wire/frame.ts";
import { OLDEST_VERSION } from "../wire/versions.ts";
import type { Link } from "./link.ts";
import type { LinkOutbox, LinksOptions } from "./link-surroundings.ts";

/** Turns what is queued on a link into frames, in the version it has settled on; a hello goes in the oldest. */
export function sendQueued(
  link: Link,
  { instance, frames, metrics, countBytes }: Pick<LinksOptions, "instance" | "frames" | "metrics" | "countBytes">,
  out: LinkOutbox,
): void {
  if (link.queue.length === 0) return;
  const version = link.greeting?.version ?? OLDEST_VERSION;
  // Numbered from the instance on: what another run of this hub began on the same link is never continued.
  const firstPartedId = instance + link.messagesParted;
  const encoded = encodeFrames(link.queue, { version, ...frames, firstPartedId });
  link.queue = [];
  link.messagesParted += encoded.parted.length;
  let sent = 0;
  for (const bytes of encoded.frames) {
    sent += bytes.length;
    metrics.count("federation_frames_sent_total");
    metrics.count("federation_bytes_sent_total", bytes.length);
    out.sendFrame(link.id, bytes);
  }
  link.bytesSent += sent;
  countBytes(link.peer, sent, 0, encoded.uncompressedBytes);
  for (const { kind } of encoded.parted) metrics.count("federation_messages_parted_total", 1, { kind });
  for (const { kind } of encoded.oversized) {
    metrics.count("federation_messages_oversized_total", 1, { kind });
    out.log("error", "message_oversized", { peer: link.peer, kind, limit: frames.maxBytes });
  }
}
