/** What the tests ask of a planet, again and again. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { type LocalPlanet, until } from "./local-planet.ts";

export interface Route {
  readonly chosen: { readonly cluster_id: string; readonly hub_id: string; readonly region: string };
  readonly alternatives: readonly { readonly cluster_id: string; readonly hub_id: string }[];
  readonly explain?: { readonly candidates: readonly Candidate[] };
}

interface Candidate {
  readonly cluster_id: string;
  readonly eligible: boolean;
  readonly filtered_by?: string;
  readonly score?: number;
  readonly terms?: Readonly<Record<string, number>>;
}

interface TestMessage {
  readonly complete: boolean;
  readonly delivered: readonly { readonly hub_id: string; readonly after_ms: number; readonly hops: number }[];
  readonly missing: readonly string[];
}

/** Generous: a machine may be busy with other things. */
export const PATIENCE_MS = 45_000;

export async function route(planet: LocalPlanet, where: string | null, service: string, from: string): Promise<Route> {
  const query = new URLSearchParams({ service, from, limit: "10", explain: "1" });
  const { status, body } = await planet.call(where, `/api/route?${query}`);
  if (status !== 200) throw new Error(`route ${service} from ${from}: ${status} ${JSON.stringify(body)}`);
  return body as Route;
}

/** Clusters that a client may be sent to: the chosen one and the alternatives. */
export function named({ chosen, alternatives }: Route): string[] {
  return [chosen, ...alternatives].map((choice) => choice.cluster_id).sort();
}

/** The hubs that these clusters belong to. */
export function hubsNamed({ chosen, alternatives }: Route): string[] {
  return [chosen, ...alternatives].map((choice) => choice.hub_id);
}

/** Every hub that lives, whatever its region, sees exactly `alive` hubs alive and `clusters` clusters healthy. */
export async function everyHubSees(
  planet: LocalPlanet,
  expected: { readonly alive: number; readonly clusters: number },
  regions = planet.state.regions.map((region) => region.region),
): Promise<void> {
  for (const id of regions) {
    for (const hub of planet.region(id).hubs) {
      await until(`${hub} sees ${expected.alive} hubs and ${expected.clusters} clusters`, PATIENCE_MS, async () => {
        const { hubs, clusters } = await planet.registry(id, hub);
        const alive = hubs.filter((each) => each.state === "alive").length;
        if (alive === expected.alive && clusters.healthy === expected.clusters) return true;
        throw new Error(`it sees ${alive} and ${clusters.healthy}`);
      });
    }
  }
}

/** Every candidate is listed once, with the rule that removed it or with terms that add up. */
export function expectSoundExplanation({ chosen, explain }: Route): void {
  const candidates = explain?.candidates ?? [];
  expect(new Set(candidates.map((candidate) => candidate.cluster_id)).size).toBe(candidates.length);
  for (const { eligible, score, terms, filtered_by } of candidates) {
    if (!eligible) {
      expect(filtered_by).toEqual(expect.any(String));
      continue;
    }
    const sum = Object.values(terms ?? {}).reduce((total, term) => total + term, 0);
    expect(sum).toBeCloseTo(score ?? Number.NaN, 3);
  }
  expect(candidates.find((candidate) => candidate.cluster_id === chosen.cluster_id)?.eligible).toBe(true);
}

export async function testMessage(planet: LocalPlanet, where: string): Promise<TestMessage> {
  const { status, body } = await planet.call(where, "/api/gossip/test-message", {
    method: "POST",
    role: "operator",
    body: {},
  });
  expect(status).toBe(202);
  const { message_id } = body as { message_id: string };
  return until("receipts of every hub", PATIENCE_MS, async () => {
    const report = (await planet.call(where, `/api/gossip/test-message/${encodeURIComponent(message_id)}`))
      .body as TestMessage;
    if (report.complete) return report;
    throw new Error(`missing: ${report.missing.join(", ")}`);
  });
}

/** A service of the test's own, that answers its health checks until it is closed. */
export async function clusterOfOurOwn(): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
