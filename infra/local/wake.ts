/** Hubs sleep until they are asked. After a start each is asked until it is well. */
import { setTimeout as sleep } from "node:timers/promises";

export interface WakingRegion {
  readonly id: string;
  readonly url: string;
  readonly hubs: readonly string[];
  readonly running: boolean;
}

export class NotHealthy extends Error {}

const WITHIN_MS = 60_000;
const CLUSTERS_WITHIN_MS = 30_000;
const CALL_TIMEOUT_MS = 5_000;
const PAUSE_MS = 200;

export async function wakeHubs(regions: readonly WakingRegion[], progress: (line: string) => void): Promise<void> {
  const waiting = new Map(regions.flatMap((region) => region.hubs.map((hub) => [hub, region] as const)));
  const total = waiting.size;
  const reasons = new Map<string, string>();
  const deadline = Date.now() + WITHIN_MS;
  while (waiting.size > 0) {
    const before = waiting.size;
    await Promise.all(
      [...waiting].map(async ([hub, region]) => {
        const reason = await trouble(`${region.url}/hubs/${encodeURIComponent(hub)}/health`);
        if (reason === null) waiting.delete(hub);
        else reasons.set(hub, reason);
      }),
    );
    if (waiting.size < before) progress(`${total - waiting.size}/${total} hubs healthy`);
    if (waiting.size === 0) break;
    const gone = regions.find((region) => !region.running);
    if (gone) throw new NotHealthy(`the runtime of ${gone.id} ended: see its log`);
    if (Date.now() > deadline) {
      const list = [...waiting.keys()].map((hub) => `  ${hub}: ${reasons.get(hub) ?? "no answer"}`);
      throw new NotHealthy(
        `${waiting.size} of ${total} hubs are not healthy after ${WITHIN_MS / 1_000} s:\n${list.join("\n")}`,
      );
    }
    await sleep(PAUSE_MS);
  }
}

/** Until all clusters are healthy in the catalog as one edge sees it: then every later question has an answer. */
export async function awaitClusters(
  url: string,
  viewerToken: string,
  clusters: number,
  progress: (line: string) => void,
): Promise<void> {
  const deadline = Date.now() + CLUSTERS_WITHIN_MS;
  let known = -1;
  for (;;) {
    const seen = await clusterCount(url, viewerToken);
    if (seen !== known) progress(`${seen}/${clusters} clusters healthy`);
    known = seen;
    if (known >= clusters) return;
    if (Date.now() > deadline) {
      progress(`going on with ${known} of ${clusters} clusters: mpreg status shows which are missing`);
      return;
    }
    await sleep(PAUSE_MS);
  }
}

async function clusterCount(url: string, viewerToken: string): Promise<number> {
  try {
    const response = await fetch(`${url}/api/registry/status`, {
      headers: { authorization: `Bearer ${viewerToken}` },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const body = (await response.json()) as { clusters?: { healthy?: number } };
    return body.clusters?.healthy ?? 0;
  } catch {
    // Asked again until the deadline, and reported as zero.
    return 0;
  }
}

/** Null when healthy, else why not. */
async function trouble(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
    const text = await response.text();
    return response.status === 200 ? null : `${response.status} ${text.slice(0, 200)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
