/**
 * Node processes that live and die with the one that started them. The channel between them carries the configuration (so that
 * no secret stands in an argument or a file) and, by closing, the news that the parent is gone, however it went.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { flushCompileCache } from "node:module";

export interface Child<Ready> {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly ready: Ready;
  readonly exited: Promise<void>;
}

type FromChild<Ready> =
  | { readonly kind: "ready"; readonly ready: Ready }
  | { readonly kind: "failed"; readonly message: string };

const READY_WITHIN_MS = 30_000;

export async function startChild<Config, Ready>(module: URL, config: Config, logFile: string): Promise<Child<Ready>> {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, [module.pathname], { stdio: ["ignore", log, log, "ipc"] });
  closeSync(log);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = new Promise<Ready>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${module.pathname} was not ready in time, see ${logFile}`)),
      READY_WITHIN_MS,
    );
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${module.pathname} ended with ${code}, see ${logFile}`)));
    child.once("message", (message) => {
      clearTimeout(late);
      const said = message as FromChild<Ready>;
      if (said.kind === "ready") resolve(said.ready);
      else reject(new Error(said.message));
    });
  });
  child.send(config as object);
  try {
    const settled = await ready;
    if (child.pid === undefined) throw new Error(`${module.pathname} has no process id`);
    return { process: child, pid: child.pid, ready: settled, exited };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** The child's side: `main` gets the configuration, and what it returns tells the parent that all is up. */
export function runAsChild<Config, Ready>(main: (config: Config) => Promise<Ready>): void {
  process.once("disconnect", () => process.exit(0));
  // Ctrl-C reaches the whole process group; the parent says when it is over.
  process.on("SIGINT", () => undefined);
  process.once("message", (config) => {
    main(config as Config).then(
      (ready) => {
        process.send?.({ kind: "ready", ready });
        // Kept now: a child that is killed would not.
        flushCompileCache();
      },
      (error: unknown) => {
        process.send?.({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
        process.exitCode = 1;
        process.disconnect();
      },
    );
  });
}
