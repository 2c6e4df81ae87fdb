/** Tells a node's hub about others: those on this machine as they come, and those that were named as seeds. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Role } from "../local/tokens.ts";
import { type IntroducedHub, neighbours } from "./neighbours.ts";

export interface Introduction {
  readonly directory: string;
  readonly self: string;
  readonly url: string;
  readonly seeds: readonly Seed[];
  /** Fresh at every call, as tokens run out. Hubs that share the users' key take each other's. */
  readonly tokenFor: (role: Role) => Promise<string>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Seed {
  /** Null: whoever answers there. */
  readonly hubId: string | null;
  readonly url: string;
}

const LOOK_EVERY_MS = 500;
const CALL_TIMEOUT_MS = 3_000;
/** Said again from time to time: a hub that lost its memory asks nobody. */
const REPEAT_MS = 60_000;

/** Runs until the signal. */
export async function keepIntroducing(options: Introduction): Promise<void> {
  const told = new Map<string, { text: string; at: number }>();
  const found = new Map<string, IntroducedHub>();
  const answering = new Map<string, boolean>();
  const asking = new Set<string>();
  while (!options.signal.aborted) {
    await Promise.all(
      options.seeds.filter((seed) => !found.has(seed.url)).map((seed) => findSeed(seed, found, options)),
    );
    const known = [...(await neighbours(options.directory, options.self)), ...found.values()];
    const fresh = known.filter((hub) => {
      const last = told.get(hub.hub_id);
      return !last || last.text !== JSON.stringify(hub) || Date.now() - last.at > REPEAT_MS;
    });
    if (fresh.length > 0 && (await introduce(options, fresh))) {
      for (const hub of fresh) told.set(hub.hub_id, { text: JSON.stringify(hub), at: Date.now() });
    }
    for (const hub of known) {
      const { hub_id: id } = hub;
      if (!told.has(id) || answering.get(id) || asking.has(id)) continue;
      asking.add(id);
      // Beside the looks: one that hangs must not keep the others from being introduced.
      void sayWhetherThere(hub, answering, options).then(() => asking.delete(id));
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: options.signal }).catch((error: unknown) => {
      if (!options.signal.aborted) throw error;
    });
  }
}

/** An entry or a seed says where a hub should be; whether it is there, only the hub can say. Told once, and when it comes. */
async function sayWhetherThere(hub: IntroducedHub, answering: Map<string, boolean>, { log, signal }: Introduction) {
  const { hub_id: id, address } = hub;
  const answers = await isThere(hub);
  if (signal.aborted || answers === answering.get(id)) return;
  answering.set(id, answers);
  log(
    answers
      ? `introduced to ${id}, which answers at ${address}`
      : `told of ${id}, which does not answer at ${address}: it will be tried again`,
  );
}

async function isThere({ hub_id, address }: IntroducedHub): Promise<boolean> {
  try {
    const { node_id } = await get<{ node_id?: string }>(`${address}/hubs/${encodeURIComponent(hub_id)}/health`, null);
    return node_id === hub_id;
  } catch {
    // Whatever the reason: what matters is that nobody of that name answered.
    return false;
  }
}

async function introduce({ url, tokenFor, log }: Introduction, hubs: readonly IntroducedHub[]): Promise<boolean> {
  try {
    const response = await fetch(`${url}/admin/introduce`, {
      method: "POST",
      headers: { authorization: `Bearer ${await tokenFor("admin")}`, "content-type": "application/json" },
      body: JSON.stringify(hubs),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) log(`introduction refused: ${response.status} ${text.slice(0, 300)}`);
    return response.ok;
  } catch (error) {
    // The runtime may still be starting, or be gone: the next look tells.
    log(`introduction failed: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

interface RegistryStatus {
  readonly hubs?: readonly (Omit<IntroducedHub, "address"> & { readonly state?: string })[];
}

/** Asks a seed who it is. One that does not answer is asked again at the next look. */
async function findSeed(seed: Seed, found: Map<string, IntroducedHub>, options: Introduction): Promise<void> {
  const { log, tokenFor } = options;
  try {
    const hubId = seed.hubId ?? (await get<{ node_id: string }>(`${seed.url}/health`, null)).node_id;
    const path = `/hubs/${encodeURIComponent(hubId)}/api/registry/status`;
    const { hubs = [] } = await get<RegistryStatus>(`${seed.url}${path}`, await tokenFor("viewer"));
    const hub = hubs.find((candidate) => candidate.hub_id === hubId);
    if (!hub) {
      log(`seed ${seed.url} knows no hub ${hubId}`);
      return;
    }
    const { tier, region, coordinates, parent } = hub;
    found.set(seed.url, { hub_id: hubId, tier, region, coordinates, parent, address: seed.url });
  } catch (error) {
    log(`seed ${seed.url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function get<T>(url: string, token: string | null): Promise<T> {
  const response = await fetch(url, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.status === 401 || response.status === 403)
    throw new Error(`${url} answered ${response.status}: do both hubs have the same JWT_SECRET_KEY and issuer?`);
  // A hub that is not well knows its name all the same.
  if (!response.ok && response.status !== 503) throw new Error(`${url} answered ${response.status}`);
  return JSON.parse(text) as T;
}
