/** `mpreg start`: the whole federation on this machine. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import { type FederationState, readFederationState } from "../../local/federation-state.ts";
import { makeDirectory, useStateDirectory } from "../../local/files.ts";
import { AlreadyRunning, supervisorPid } from "../../local/leftovers.ts";
import { PortTaken } from "../../local/ports.ts";
import { DEFAULT_TOPOLOGY, InvalidTopology, loadTopology } from "../../local/topology.ts";
import { NotHealthy } from "../../local/wake.ts";
import { CommandError, EXIT, usageError } from "../errors.ts";
import { endSteps, print, progress, step } from "../output.ts";
import { mpregLine } from "../shell.ts";
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

export function startCommand(command: Command): Command {
  return command
    .addOption(
      new Option("--topology <file>", "federation file").default(DEFAULT_TOPOLOGY, "the planet in infra/topologies"),
    )
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
    throw await explained(error, options.stateDir);
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
      `a planet runs here already (supervisor ${error.pid}): ${where}. Stop it with ${mpregLine("stop", stateDir)}, or use another --state-dir and --port`,
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
      throw new CommandError(
        `not ready after ${DETACHED_WITHIN_MS / 1_000} s, see ${logFile}; ${mpregLine("stop", options.stateDir)} ends it`,
      );
    await sleep(100);
  }
}

function announce(state: FederationState, options: StartOptions, began: number): void {
  const seconds = ((Date.now() - began) / 1_000).toFixed(1);
  print(options.json, state, () =>
    ["", `${state.name} is up after ${seconds} s: ${state.url}`, "", ...whatNext(state, options)].join("\n"),
  );
}

/** Every line works as it is pasted. */
export function whatNext(
  state: Pick<FederationState, "url" | "regions">,
  options: Pick<StartOptions, "stateDir" | "detach">,
): string[] {
  const [first, second] = state.regions.map((region) => region.region);
  const near = state.regions.find((region) => region.region.startsWith("eu-"))?.region ?? second ?? first;
  const line = (args: string): string => `  ${mpregLine(args, options.stateDir)}`;
  const partition = [
    "A partition, and its end:",
    line(`chaos cut ${first} ${near}`),
    line(`chaos heal ${first} ${near}`),
  ];
  return [
    "Try next:",
    line("status"),
    line("route --service checkout --from Nairobi --explain"),
    `  curl '${state.url}/api/route?service=checkout&from=Nairobi&explain=1'`,
    "A region dies (ask again), and comes back:",
    line(`chaos kill ${near}`),
    line(`chaos start ${near}`),
    ...(first === near ? [] : partition),
    "",
    `${options.detach ? "" : "Ctrl-C, or from elsewhere "}${mpregLine("stop", options.stateDir)} ends it.`,
  ];
}
