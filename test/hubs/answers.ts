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

export interface TestReport {
  readonly message_id: string;
  readonly complete: boolean;
  readonly delivered: readonly { readonly hub_id: string; readonly after_ms: number; readonly hops: number }[];
  readonly missing: readonly string[];
}

export async function startTestMessage(region: Region, by?: string): Promise<string> {
  const path = `${by === undefined ? "" : `/hubs/${by}`}/api/gossip/test-message`;
  const { status, body } = await call(region, path, { method: "POST", role: "operator", body: {} });
  if (status !== 202) throw new Error(`no test message from ${region.id}: ${status} ${JSON.stringify(body)}`);
  return (body as { message_id: string }).message_id;
}

/** Its report, once every expected receipt is home. */
export async function allReceipts(region: Region, messageId: string): Promise<TestReport> {
  return eventually(`all receipts of ${messageId}`, async () => {
    const { body } = await call(region, `/api/gossip/test-message/${messageId}`, { role: "viewer" });
    const report = body as unknown as TestReport;
    return report.complete ? report : undefined;
  });
}

export async function sendTestMessage(region: Region): Promise<TestReport> {
  return allReceipts(region, await startTestMessage(region));
}
