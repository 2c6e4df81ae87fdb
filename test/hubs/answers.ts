/** The parts of answers that these tests look at. */
import { call, eventually, type Region } from "./region.ts";

export interface HubLine {
  readonly hub_id: string;
  readonly state: string;
  readonly incarnation: number;
}

/** Every hub as the hubs of `region` see it. */
export async function hubsSeenFrom(region: Region, by?: string): Promise<Map<string, HubLine>> {
  const path = by === undefined ? "/api/registry/status" : `/hubs/${by}/api/registry/status`;
  const { body } = await call(region, path, { role: "viewer" });
  const hubs = (body as { hubs?: HubLine[] }).hubs ?? [];
  return new Map(hubs.map((hub) => [hub.hub_id, hub]));
}

export async function everyoneAlive(region: Region, count: number, by?: string): Promise<Map<string, HubLine>> {
  return eventually(`${count} hubs alive as ${by ?? region.id} sees them`, async () => {
    const hubs = await hubsSeenFrom(region, by);
    return hubs.size === count && [...hubs.values()].every(({ state }) => state === "alive") ? hubs : undefined;
  });
}

export function registration(id: string, region: string, service: string) {
  return {
    cluster_id: id,
    region,
    endpoints: [{ url: `http://${id}.example` }],
    services: [{ name: service, version: "1.0.0", capacity: 10 }],
  };
}
