/** Server-Sent Events (HTML standard §9.2), as a client may take them up again after the last that it saw. */
import type { ProblemBody } from "../http/index.ts";
import type { Changes } from "./schemas.ts";

export const EVENT_STREAM_TYPE = "text/event-stream";
const RETRY_MS = 1_000;

/** Says at once from where to take it up again, as there may be nothing to tell for long. */
export function opening(revision: number): string {
  return `retry: ${RETRY_MS}\n: from ${revision}\nid: ${revision}\n\n`;
}

/** An event and its id for each change; where several have one revision, the last of them has the id, or a part could be missed. */
export function told({ changes, revision }: Changes): string {
  const lines = changes.map((change, i) => {
    const id = changes[i + 1]?.revision === change.revision ? "" : `id: ${change.revision}\n`;
    return `${id}event: state\ndata: ${JSON.stringify(change)}\n\n`;
  });
  return lines.length > 0 ? lines.join("") : `: nothing new\nid: ${revision}\n\n`;
}

export function parting(problem: ProblemBody): string {
  return `event: problem\ndata: ${JSON.stringify(problem)}\n\n`;
}
