/** The questions that tenants and clients ask. */
import type { Coordinates } from "../../../hub-core/common/types.ts";
import type { Request } from "../../../hub-core/hub/requests.ts";
import { plainQuestion } from "../../../hub-core/routing/testing/question.ts";
import type { Tenant } from "./tenant.ts";

/** `redirects`: how many hubs have sent the edge on so far. */
export function register(tenant: Tenant, redirects: number): Request {
  return {
    kind: "cluster-register",
    cluster: {
      clusterId: tenant.clusterId,
      region: tenant.region,
      coordinates: tenant.coordinates,
      endpoints: [{ url: `https://${tenant.clusterId}.example` }],
      services: [{ name: tenant.service, version: "1.0.0", capacity: 100 }],
      healthCheck: tenant.checked ? { url: tenant.healthUrl, intervalMs: 5_000, timeoutMs: 1_000 } : undefined,
      ttlMs: tenant.ttlMs ?? undefined,
    },
    ...sentOn(redirects),
  };
}

export function heartbeat(tenant: Tenant, redirects: number): Request {
  return { kind: "cluster-heartbeat", clusterId: tenant.clusterId, load: tenant.load, ...sentOn(redirects) };
}

export function remove(tenant: Tenant, redirects: number): Request {
  return { kind: "cluster-remove", clusterId: tenant.clusterId, ...sentOn(redirects) };
}

export function drain(tenant: Tenant, redirects: number): Request {
  return { kind: "cluster-drain", clusterId: tenant.clusterId, ...sentOn(redirects) };
}

export function undrain(tenant: Tenant, redirects: number): Request {
  return { kind: "cluster-undrain", clusterId: tenant.clusterId, ...sentOn(redirects) };
}

export function route(service: string, from: Coordinates): Request {
  return { kind: "route", question: plainQuestion(service, from) };
}

export function testMessage(): Request {
  return { kind: "test-message-start", payload: null };
}

function sentOn(redirects: number): { assigned: boolean; redirects: number } {
  return { assigned: redirects > 0, redirects };
}
