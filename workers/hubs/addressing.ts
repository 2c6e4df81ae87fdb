/** `/hubs/{hub_id}/…` names the hub that answers; the rest of the path is the same as without it. */
import type { HubId } from "../../hub-core/common/types.ts";

export interface Addressed {
  readonly hub: HubId | null;
  /** The path without the prefix. */
  readonly path: string;
}

export function addressOf(pathname: string): Addressed {
  const match = /^\/hubs\/([^/]+)(\/.*)$/.exec(pathname);
  if (!match) return { hub: null, path: pathname };
  const [, id = "", path = "/"] = match;
  try {
    return { hub: decodeURIComponent(id), path };
  } catch {
    // A broken escape is an id that no hub has.
    return { hub: id, path };
  }
}
