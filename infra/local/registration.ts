/** What a cluster's agent does all day: be registered, say how loaded it is when that changes, and register again when forgotten. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FederationCluster } from "../../hub-core/config/index.ts";

export interface ClusterAgent {
  readonly cluster: FederationCluster;
  readonly edgeUrl: string;
  readonly operatorToken: string;
  /** Base URL of the cluster itself. */
  readonly url: string;
  inFlight(): number;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 2_000;
const LOOK_AGAIN_MS = 5_000;
const CHECK_INTERVAL_MS = 2_000;
/** One machine plays a planet: an answer may have to wait while every region starts. */
const CHECK_TIMEOUT_MS = 2_000;
/** The clusters of a region arrive over so long, as they are checked ever after in the phase of their arrival. */
const ARRIVE_WITHIN_MS = 1_000;
const CALL_TIMEOUT_MS = 10_000;
/** A smaller change of load is not worth telling the planet. */
const LOAD_STEP = 0.05;

/** How long the cluster at `index` of `count` waits before it registers. */
export function arrivalMs(index: number, count: number): number {
  return Math.floor((ARRIVE_WITHIN_MS * index) / count);
}

/** Never returns; throws only when the edge says that the registration itself is wrong. */
export async function keepRegistered(agent: ClusterAgent): Promise<never> {
  for (;;) {
    await register(agent);
    await stayRegistered(agent);
  }
}

async function register(agent: ClusterAgent): Promise<void> {
  let wait = FIRST_RETRY_MS;
  for (;;) {
    const status = await call(agent, "POST", "/api/clusters", registration(agent.cluster, agent.url));
    if (status === 200 || status === 201) return;
    if (status === 400 || status === 401 || status === 403 || status === 422) {
      throw new Error(`registration refused with ${status} by ${agent.edgeUrl}`);
    }
    // Spread, so that the clusters of a region that comes back do not arrive all at once.
    await sleep(wait * (0.5 + Math.random()));
    wait = Math.min(LAST_RETRY_MS, wait * 2);
  }
}

/** Until the edge has forgotten the cluster. An edge that does not answer may be restarting: that is no reason to leave. */
async function stayRegistered(agent: ClusterAgent): Promise<void> {
  const path = `/api/clusters/${encodeURIComponent(agent.cluster.id)}`;
  let told = 0;
  for (;;) {
    await sleep(LOOK_AGAIN_MS * (0.9 + 0.2 * Math.random()));
    const load = loadOf(agent.cluster, agent.inFlight());
    const changed = Math.abs(load - told) >= LOAD_STEP;
    const status = changed
      ? await call(agent, "PUT", `${path}/heartbeat`, { load, in_flight: agent.inFlight() })
      : await call(agent, "GET", path);
    if (status === 404) return;
    if (changed && status === 200) told = load;
  }
}

export function loadOf(cluster: FederationCluster, inFlight: number): number {
  const capacity = cluster.services.reduce((sum, service) => sum + (service.capacity ?? 0), 0);
  return capacity === 0 ? 0 : Math.min(1, inFlight / capacity);
}

export function registration(cluster: FederationCluster, url: string): Record<string, unknown> {
  return {
    cluster_id: cluster.id,
    region: cluster.region,
    coordinates: cluster.coordinates,
    endpoints: [{ url }],
    services: cluster.services.map(({ name, version, tags, weight, capacity }) => ({
      name,
      ...(version === null ? {} : { version }),
      ...(tags.length === 0 ? {} : { tags }),
      weight,
      ...(capacity === null ? {} : { capacity }),
    })),
    health_check: { url: `${url}/health`, interval_ms: CHECK_INTERVAL_MS, timeout_ms: CHECK_TIMEOUT_MS },
    ...(cluster.namespace === null ? {} : { namespace: cluster.namespace }),
    ...(cluster.jurisdiction === null ? {} : { jurisdiction: cluster.jurisdiction }),
  };
}

/** The status, or null when nobody answered. */
async function call(agent: ClusterAgent, method: string, path: string, body?: unknown): Promise<number | null> {
  try {
    const response = await fetch(`${agent.edgeUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${agent.operatorToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok && response.status !== 404)
      console.error(`${agent.cluster.id}: ${method} ${path} gave ${response.status} ${text.slice(0, 500)}`);
    return response.status;
  } catch (error) {
    console.error(`${agent.cluster.id}: ${method} ${path}: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
