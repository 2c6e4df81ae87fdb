/** The `mpreg` command. One file per command; each adds itself to the program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { chaosCommand } from "./commands/chaos.ts";
import { networkTestCommand } from "./commands/network-test.ts";
import { registerCommand } from "./commands/register.ts";
import { routeCommand } from "./commands/route.ts";
import { startCommand } from "./commands/start.ts";
import { startNodeCommand } from "./commands/start-node.ts";
import { statusCommand } from "./commands/status.ts";
import { stopCommand } from "./commands/stop.ts";
import { tokenCommand } from "./commands/token.ts";
import { topologyCommand } from "./commands/topology.ts";
import { validateConfigCommand } from "./commands/validate-config.ts";
import { EXIT } from "./errors.ts";
import { fail } from "./output.ts";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
  version: string;
};

const program = new Command("mpreg")
  .description("A planet-scale service federation with no servers to run")
  .version(version)
  .showHelpAfterError("(mpreg --help lists the commands)")
  .exitOverride();

for (const command of [
  startCommand(),
  stopCommand(),
  statusCommand(),
  routeCommand(),
  registerCommand(),
  topologyCommand(),
  chaosCommand(),
  startNodeCommand(),
  validateConfigCommand(),
  networkTestCommand(),
  tokenCommand(),
]) {
  program.addCommand(overriding(command));
}

/** Commander would end the process itself, with 1 for a usage error. */
function overriding(command: Command): Command {
  command.exitOverride();
  for (const sub of command.commands) overriding(sub);
  return command;
}

// `mpreg route … | head` closes the pipe early: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else fail(error, process.argv.includes("--json"));
});
