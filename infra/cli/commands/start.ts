/** `mpreg start`: the whole federation on this machine. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { type FederationState, readFederationState } from "../../local/federation-state.ts";
import { makeDirectory, useStateDirectory } from "../../local/files.ts";
import { AlreadyRunning, supervisorPid } from "../../local/leftovers.ts";
import { PortTaken } from "../../local/ports.ts";
import { DEFAULT_TOPOLOGY, InvalidTopology, loadTopology } from "../../local/topology.ts";
import { NotHealthy } from "../../local/wake.ts";
import { CommandError, EXIT, usageError } from "../errors.ts";
import { endSteps, print, progress, step } from "../output.ts";
import { jsonOption, stateDirOption } from "../target.ts";

interface StartOptions {
  readonly topology: string;
  readonly port: string;
  readonly worker?: string;
  readonly stateDir: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const DETACHED_WITHIN_MS = 150_000;
const HIGHEST_FRONT_PORT = 64_000;

export function startCommand(): Command {
  return new Command("start")
    .description("run a whole federation on this machine: one runtime process per region, with a WAN between them")
    .option("--topology <file>", "federation file", DEFAULT_TOPOLOGY)
    .option("--port <port>", "port of the front door", "8080")
    .option("--worker <file>", "entry of another build of the worker, to try versions against each other")
    .addOption(stateDirOption())
    .option("--detach", "return when all is healthy and leave it running")
    .addOption(jsonOption())
    .action(start);
}

async function start(options: StartOptions): Promise<void> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 1 || port > HIGHEST_FRONT_PORT) {
    throw usageError(`--port ${options.port}: a number from 1 to ${HIGHEST_FRONT_PORT}, as other ports follow it`);
  }
  const stateDir = resolve(options.stateDir);
  const topologyFile = resolve(options.topology);
  const workerEntry = options.worker === undefined ? undefined : resolve(options.worker);
  const began = Date.now();
  try {
    if (options.detach) {
      const state = await startDetached(options, stateDir, topologyFile);
      endSteps();
      announce(state, options, began);
      return;
    }
    // Only who stays needs the bundler and all that runs a planet.
    const { startPlanet } = await import("../../local/planet.ts");
    const planet = await startPlanet({ topologyFile, stateDir, port, workerEntry, progress: timed(began) });
    endSteps();
    announce(planet.state, options, began);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        progress("stopping …");
        void planet.stop();
      });
    }
    await planet.stopped;
    progress("stopped");
    process.exit(EXIT.ok);
  } catch (error) {
    throw await explained(error, stateDir);
  }
}

/** Each stage with the time it was reached. */
function timed(began: number): (line: string) => void {
  return (line) => step(`${((Date.now() - began) / 1_000).toFixed(1).padStart(5)} s  ${line}`);
}

/** What went wrong, with what to do about it. */
async function explained(error: unknown, stateDir: string): Promise<unknown> {
  if (error instanceof AlreadyRunning) {
    const state = await readFederationState(stateDir);
    const where = state ? `${state.name} at ${state.url}, ${state.regions.length} regions` : "still starting";
    return new CommandError(
      `a planet runs here already (supervisor ${error.pid}): ${where}. Stop it with npx mpreg stop, or use another --state-dir and --port`,
    );
  }
  if (error instanceof PortTaken) return new CommandError(`${error.message}: choose another with --port`);
  if (error instanceof InvalidTopology) return new CommandError(error.message, EXIT.usage, { errors: error.errors });
  if (error instanceof NotHealthy) return new CommandError(`${error.message}\nlogs: ${join(stateDir, "logs")}`);
  return error;
}

/** Starts this very command in the background, and follows its log until it is ready or gives up. */
async function startDetached(options: StartOptions, stateDir: string, topologyFile: string): Promise<FederationState> {
  await loadTopology(topologyFile);
  const running = await supervisorPid(stateDir);
  if (running !== null) throw new AlreadyRunning(running);
  await useStateDirectory(stateDir);
  await makeDirectory(join(stateDir, "logs"));
  const logFile = join(stateDir, "logs/supervisor.log");
  const log = openSync(logFile, "w", 0o600);
  const args = [
    join(import.meta.dirname, "../main.ts"),
    "start",
    "--topology",
    topologyFile,
    "--port",
    options.port,
    "--state-dir",
    stateDir,
    ...(options.worker === undefined ? [] : ["--worker", resolve(options.worker)]),
  ];
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  let ended: number | null | undefined;
  child.once("exit", (code) => {
    ended = code;
  });
  const deadline = Date.now() + DETACHED_WITHIN_MS;
  let shown = 0;
  for (;;) {
    const state = await readFederationState(stateDir);
    const ready = state?.ready === true && state.supervisor.pid === child.pid;
    const lines = (await readFile(logFile, "utf8")).split("\n").slice(0, -1);
    if (ready) {
      child.unref();
      return state;
    }
    if (ended !== undefined)
      throw new CommandError(`the planet did not start:\n${lines.slice(shown).join("\n")}`, ended ?? EXIT.failed);
    for (const line of lines.slice(shown)) step(line);
    shown = lines.length;
    if (Date.now() > deadline)
      throw new CommandError(`not ready after ${DETACHED_WITHIN_MS / 1_000} s, see ${logFile}; npx mpreg stop ends it`);
    await sleep(100);
  }
}

function announce(state: FederationState, options: StartOptions, began: number): void {
  const seconds = ((Date.now() - began) / 1_000).toFixed(1);
  const [first, second] = state.regions.map((region) => region.region);
  const near = state.regions.find((region) => region.region.startsWith("eu-"))?.region ?? second ?? first;
  print(options.json, state, () =>
    [
      "",
      `${state.name} is up after ${seconds} s: ${state.url}`,
      "",
      "Try next:",
      "  npx mpreg status",
      "  npx mpreg route --service checkout --from Nairobi --explain",
      `  npx mpreg chaos kill ${near}        # and ask again; npx mpreg chaos start ${near} brings it back`,
      `  npx mpreg chaos cut ${first} ${near} # a partition; npx mpreg chaos heal ${first} ${near} ends it`,
      `  npx mpreg register --id my-cluster --lat -1.29 --lon 36.82 --endpoint http://127.0.0.1:3000 --service checkout`,
      `  curl '${state.url}/api/route?service=checkout&from=Nairobi&explain=1'`,
      "",
      options.detach ? "npx mpreg stop ends it." : "Ctrl-C, or npx mpreg stop from elsewhere, ends it.",
    ].join("\n"),
  );
}
