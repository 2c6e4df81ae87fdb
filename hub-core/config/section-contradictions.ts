/** Values that are each in range and together make no sense. */
import type { Contradiction } from "./read-file.ts";
import type { Sections } from "./sections.ts";
import type { Settings } from "./settings.ts";

/** `urls`: where the file says that its hubs are reached, beside what the sections say. */
export function sectionContradictions(
  written: Sections,
  settings: Settings,
  urls: readonly (string | undefined)[] = [],
): Contradiction[] {
  return [
    ...timing(settings),
    ...health(settings),
    ...authentication([written.network?.advertise_url, ...urls], written.network?.listen_host, settings),
    ...roles(settings),
    ...frames(settings),
    ...strategies(settings),
  ];
}

const seconds = (ms: number): string => `${ms / 1_000} s`;

function timing({ membership, gossip }: Settings): Contradiction[] {
  const found: Contradiction[] = [];
  const { probeIntervalMs, probeTimeoutMs, suspicionTimeoutMs, redialIntervalMs, reclaimAfterMs } = membership;
  if (suspicionTimeoutMs < probeTimeoutMs) {
    found.push({
      path: ["membership", "suspicion_timeout"],
      expected: `at least the probe_timeout, ${seconds(probeTimeoutMs)}`,
      message: `membership.suspicion_timeout of ${seconds(suspicionTimeoutMs)} is shorter than the probe_timeout of ${seconds(probeTimeoutMs)}: a hub would be failed before its answer could arrive`,
    });
  }
  if (suspicionTimeoutMs < probeIntervalMs) {
    found.push({
      path: ["membership", "suspicion_timeout"],
      expected: `at least the probe_interval, ${seconds(probeIntervalMs)}`,
      message: `membership.suspicion_timeout of ${seconds(suspicionTimeoutMs)} is shorter than the probe_interval of ${seconds(probeIntervalMs)}: a suspected hub could not be asked again`,
    });
  }
  if (probeTimeoutMs > 10 * probeIntervalMs) {
    found.push({
      path: ["membership", "probe_timeout"],
      expected: `at most ten times the probe_interval, ${seconds(10 * probeIntervalMs)}`,
      message: `membership.probe_timeout of ${seconds(probeTimeoutMs)} lets more than ten probes be open at the probe_interval of ${seconds(probeIntervalMs)}`,
    });
  }
  if (reclaimAfterMs < suspicionTimeoutMs || reclaimAfterMs < redialIntervalMs) {
    found.push({
      path: ["membership", "reclaim_after"],
      expected: "longer than suspicion_timeout and redial_interval",
      message: "membership.reclaim_after would forget a failed hub before it was ever redialled",
    });
  }
  if (gossip.antiEntropyIntervalMs < gossip.intervalMs) {
    found.push({
      path: ["gossip", "anti_entropy_interval"],
      expected: `at least the gossip interval, ${seconds(gossip.intervalMs)}`,
      message: `gossip.anti_entropy_interval of ${seconds(gossip.antiEntropyIntervalMs)} is shorter than the interval of ${seconds(gossip.intervalMs)}: the guarantee would run before the repair`,
    });
  }
  return found;
}

function health({ registry }: Settings): Contradiction[] {
  if (registry.healthCheckTimeoutMs <= registry.healthCheckIntervalMs) return [];
  return [
    {
      path: ["registry", "health_check_timeout"],
      expected: `at most the health_check_interval, ${seconds(registry.healthCheckIntervalMs)}`,
      message: `registry.health_check_timeout of ${seconds(registry.healthCheckTimeoutMs)} is longer than monitoring.health_check_interval of ${seconds(registry.healthCheckIntervalMs)}: checks of one cluster would overlap`,
    },
  ];
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

function authentication(
  urls: readonly (string | undefined)[],
  listenHost: string | undefined,
  { security }: Settings,
): Contradiction[] {
  if (security.method !== "none") return [];
  const hosts = [listenHost, ...urls.map((url) => (url === undefined ? undefined : new URL(url).hostname))];
  const open = hosts.find((host) => host !== undefined && !isLoopback(host));
  return open === undefined ? [] : [openToAll(open)];
}

/** Without tokens whoever reaches a hub may do all that an admin may. */
function openToAll(host: string): Contradiction {
  return {
    path: ["security", "authentication", "method"],
    expected: "jwt, or hubs that are reached on loopback alone",
    message: `security.authentication.method none would let anyone who reaches ${host} write: use jwt, or stay on 127.0.0.1`,
  };
}

function roles({ security }: Settings): Contradiction[] {
  const both = security.adminRoles.find((role) => security.operatorRoles.includes(role));
  if (both === undefined) return [];
  return [
    {
      path: ["security", "authorization", "operator_roles"],
      expected: "roles that are not admin_roles as well",
      message: `role ${JSON.stringify(both)} is both an admin and an operator role: name it once`,
    },
  ];
}

/** Which of two strategies a key has must not be a matter of order. */
function strategies({ state }: Settings): Contradiction[] {
  return state.strategies.flatMap(({ prefix }, i) => {
    const earlier = state.strategies
      .slice(0, i)
      .find((other) => prefix.startsWith(other.prefix) || other.prefix.startsWith(prefix));
    if (earlier === undefined) return [];
    const both = earlier.prefix === prefix ? "is given twice" : `overlaps ${JSON.stringify(earlier.prefix)}`;
    return [
      {
        path: ["state", "strategies", i, "prefix"],
        expected: "prefixes of which none begins with another",
        message: `state.strategies has the prefix ${JSON.stringify(prefix)}, which ${both}: a key would have two strategies`,
      },
    ];
  });
}

function frames({ gossip }: Settings): Contradiction[] {
  if (gossip.maxInFlightBytes >= gossip.maxMessageBytes) return [];
  return [
    {
      path: ["gossip", "max_in_flight_bytes"],
      expected: `at least max_message_size, ${gossip.maxMessageBytes}`,
      message: `gossip.max_in_flight_bytes of ${gossip.maxInFlightBytes} is below max_message_size of ${gossip.maxMessageBytes}: one frame would fill it`,
    },
  ];
}
