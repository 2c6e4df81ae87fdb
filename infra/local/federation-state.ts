/** `federation.json`: what runs on this machine, for people, scripts and the command's other half. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writeJson } from "./files.ts";
import type { Role } from "./tokens.ts";

export interface RegionState {
  readonly region: string;
  readonly url: string;
  /** The runtime: the process whose end is the region's end. */
  readonly pid: number;
  readonly backend_pid: number;
  /** `partial`: one of the two processes has ended. */
  readonly state: "running" | "partial" | "stopped";
  readonly hubs: readonly string[];
}

export interface FederationState {
  readonly name: string;
  readonly url: string;
  readonly supervisor: { readonly pid: number; readonly url: string };
  readonly control_key: string;
  readonly started_at: string;
  readonly ready: boolean;
  readonly topology: string;
  readonly regions: readonly RegionState[];
  readonly tokens: Readonly<Record<Role, string>>;
  readonly wan: { readonly url: string; readonly pid: number };
}

export const DEFAULT_STATE_DIR = ".mpreg";

export function federationFile(stateDir: string): string {
  return join(stateDir, "federation.json");
}

/** Null when nothing was started there, or all was stopped. */
export async function readFederationState(stateDir: string): Promise<FederationState | null> {
  return readJson<FederationState>(federationFile(stateDir));
}

export function writeFederationState(stateDir: string, state: FederationState): Promise<void> {
  return writeJson(federationFile(stateDir), state);
}

export function removeFederationState(stateDir: string): Promise<void> {
  return rm(federationFile(stateDir), { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
