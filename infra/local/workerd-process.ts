/** One runtime process. It is killed when the process that started it ends, even by SIGKILL. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface WorkerdProcess {
  readonly pid: number;
  readonly exited: Promise<number | null>;
  stop(graceMs: number): Promise<void>;
  kill(): Promise<void>;
}

/** The native binary itself and not the package's launcher: its process id is the runtime's. */
export function workerdBinary(): string {
  const workerd = createRequire(import.meta.url)("workerd") as { default: string };
  return workerd.default;
}

export async function startWorkerd(
  configFile: string,
  secrets: Readonly<Record<string, string>>,
  logFile: string,
): Promise<WorkerdProcess> {
  const log = openSync(logFile, "a", 0o600);
  const args = ["serve", "--experimental", configFile, "config"];
  const child = spawn(workerdBinary(), args, {
    cwd: dirname(configFile),
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TZ: "UTC", ...secrets },
    // A process group of its own, so that Ctrl-C in the terminal leaves the stopping, in order, to the supervisor.
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the runtime has no process id");
  const reaper = startReaper(pid);
  void exited.then(() => reaper.kill("SIGKILL"));
  return {
    pid,
    exited,
    async stop(graceMs) {
      child.kill("SIGTERM");
      await Promise.race([exited, sleep(graceMs, undefined, { ref: false })]);
      child.kill("SIGKILL");
      await exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A shell that waits for the pipe from this process to close, which it does however this process ends. */
function startReaper(pid: number): ChildProcess {
  return spawn("/bin/sh", ["-c", 'read -r _; kill -9 "$1" 2>/dev/null', "mpreg-reaper", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}

/** Until something listens there, or the runtime ends. */
export async function listening(host: string, port: number, workerd: WorkerdProcess, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  let ended = false;
  void workerd.exited.then(() => {
    ended = true;
  });
  while (!(await accepts(host, port))) {
    if (ended) throw new Error(`the runtime ended before it listened on ${host}:${port}`);
    if (Date.now() > deadline) throw new Error(`nothing listens on ${host}:${port} after ${withinMs} ms`);
    await sleep(25);
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
