/** How nodes on one machine find each other: each says in a directory who it is, and looks there for the others. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { HubIdentity } from "../../hub-core/common/types.ts";
import { isAlive } from "../local/federation-state.ts";
import { readJson, writeJson } from "../local/files.ts";

/** As `POST /admin/introduce` takes it. */
export interface IntroducedHub {
  readonly hub_id: string;
  readonly tier: string;
  readonly region: string;
  readonly coordinates: { readonly latitude: number; readonly longitude: number };
  readonly parent: string | null;
  readonly address: string;
}

interface NodeEntry extends IntroducedHub {
  readonly pid: number;
}

export function introduced(hub: HubIdentity): IntroducedHub {
  const { hubId, tier, region, coordinates, parent, address } = hub;
  return { hub_id: hubId, tier, region, coordinates, parent, address };
}

const entryFile = (directory: string, hubId: string): string => join(directory, `${hubId}.json`);

/** Null when nobody alive has the id. */
export async function nodeOf(directory: string, hubId: string): Promise<NodeEntry | null> {
  const entry = await readJson<NodeEntry>(entryFile(directory, hubId));
  return entry && isAlive(entry.pid) ? entry : null;
}

export function announce(directory: string, hub: HubIdentity): Promise<void> {
  const entry: NodeEntry = { ...introduced(hub), pid: process.pid };
  return writeJson(entryFile(directory, hub.hubId), entry);
}

export function withdraw(directory: string, hubId: string): Promise<void> {
  return rm(entryFile(directory, hubId), { force: true });
}

/** The other nodes that run now. */
export async function neighbours(directory: string, self: string): Promise<IntroducedHub[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(".json")).sort();
  const entries = await Promise.all(files.map((file) => readJson<NodeEntry>(join(directory, file))));
  return entries
    .filter((entry): entry is NodeEntry => entry !== null && entry.hub_id !== self && isAlive(entry.pid))
    .map(({ pid: _, ...hub }) => hub);
}
