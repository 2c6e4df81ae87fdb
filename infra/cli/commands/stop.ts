/** `mpreg stop`: ends a planet and everything that belongs to it. */
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { isAlive, readFederationState } from "../../local/federation-state.ts";
import { endLeftovers, isLocked, releaseLock, supervisorPid } from "../../local/leftovers.ts";
import { CommandError } from "../errors.ts";
import { print } from "../output.ts";
import { mpregLine } from "../shell.ts";
import { jsonOption, stateDirOption } from "../target.ts";

interface StopOptions {
  readonly stateDir: string;
  readonly json?: boolean;
}

const WITHIN_MS = 20_000;

export function stopCommand(command: Command): Command {
  return command.addOption(stateDirOption()).addOption(jsonOption()).action(stop);
}

async function stop(options: StopOptions): Promise<void> {
  const stateDir = resolve(options.stateDir);
  const supervisor = await supervisorPid(stateDir);
  const state = await readFederationState(stateDir);
  if (supervisor === null) {
    const ended = await endLeftovers(stateDir);
    await releaseLock(stateDir);
    print(options.json, { stopped: state !== null, leftovers: ended }, () =>
      state === null ? "nothing runs here" : `the supervisor was gone; ended ${ended} processes that it left`,
    );
    return;
  }
  process.kill(supervisor, "SIGTERM");
  const deadline = Date.now() + WITHIN_MS;
  // Not until its process is gone: one that has ended is seen until its parent has taken note.
  while (isLocked(stateDir) && isAlive(supervisor)) {
    if (Date.now() > deadline)
      throw new CommandError(
        `the supervisor (${supervisor}) still runs after ${WITHIN_MS / 1_000} s: kill -9 ${supervisor}, then ${mpregLine("stop", options.stateDir)} again`,
      );
    await sleep(50);
  }
  print(
    options.json,
    { stopped: true, leftovers: 0 },
    () => `${state?.name ?? "the planet"} is stopped; its state stays in ${options.stateDir}`,
  );
}
