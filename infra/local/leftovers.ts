/** What a supervisor that was killed may have left: its lock, its state file, and perhaps processes. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isAlive, readFederationState, removeFederationState } from "./federation-state.ts";

const run = promisify(execFile);

export class AlreadyRunning extends Error {
  readonly pid: number;

  constructor(pid: number) {
    super(`a planet is already running here (supervisor ${pid})`);
    this.pid = pid;
  }
}

const lockFile = (stateDir: string): string => join(stateDir, "supervisor.pid");

/** One supervisor to a state directory. A lock whose owner is gone is taken over, and what it left is ended first. */
export async function takeLock(stateDir: string): Promise<void> {
  for (;;) {
    try {
      const file = await open(lockFile(stateDir), "wx", 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await supervisorPid(stateDir);
    if (owner !== null) throw new AlreadyRunning(owner);
    await endLeftovers(stateDir);
    await rm(lockFile(stateDir), { force: true });
  }
}

export function releaseLock(stateDir: string): Promise<void> {
  return rm(lockFile(stateDir), { force: true });
}

/** A supervisor gives its lock back when all else is stopped. */
export function isLocked(stateDir: string): boolean {
  return existsSync(lockFile(stateDir));
}

/** The living supervisor of a state directory, or null. */
export async function supervisorPid(stateDir: string): Promise<number | null> {
  let text: string;
  try {
    text = await readFile(lockFile(stateDir), "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
  const pid = Number(text);
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) && /\bstart\b/.test(await commandOf(pid)) ? pid : null;
}

/** Ends processes of the state file that still are what it says they are: numbers are used again. */
export async function endLeftovers(stateDir: string): Promise<number> {
  const state = await readFederationState(stateDir);
  if (!state) return 0;
  const pids = [...state.regions.flatMap((region) => [region.pid, region.backend_pid]), state.wan.pid];
  let ended = 0;
  for (const pid of pids) {
    if (pid > 0 && isAlive(pid) && /workerd|infra\/(local|wan)\//.test(await commandOf(pid))) {
      process.kill(pid, "SIGKILL");
      ended += 1;
    }
  }
  await removeFederationState(stateDir);
  return ended;
}

async function commandOf(pid: number): Promise<string> {
  try {
    return (await run("ps", ["-o", "args=", "-p", String(pid)])).stdout;
  } catch {
    // It ended meanwhile.
    return "";
  }
}
