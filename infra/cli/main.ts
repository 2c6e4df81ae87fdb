/** The `mpreg` command. One file per command, and only the one that was asked for is loaded. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { EXIT } from "./errors.ts";
import { fail } from "./output.ts";

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./commands/start.ts")).startCommand(),
  stop: async () => (await import("./commands/stop.ts")).stopCommand(),
  status: async () => (await import("./commands/status.ts")).statusCommand(),
  route: async () => (await import("./commands/route.ts")).routeCommand(),
  register: async () => (await import("./commands/register.ts")).registerCommand(),
  topology: async () => (await import("./commands/topology.ts")).topologyCommand(),
  chaos: async () => (await import("./commands/chaos.ts")).chaosCommand(),
  "start-node": async () => (await import("./commands/start-node.ts")).startNodeCommand(),
  "validate-config": async () => (await import("./commands/validate-config.ts")).validateConfigCommand(),
  "network-test": async () => (await import("./commands/network-test.ts")).networkTestCommand(),
  token: async () => (await import("./commands/token.ts")).tokenCommand(),
};

/** Commander would end the process itself, with 1 for a usage error. */
function overriding(command: Command): Command {
  command.exitOverride();
  for (const sub of command.commands) overriding(sub);
  return command;
}

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
    version: string;
  };
  const program = new Command("mpreg")
    .description("A planet-scale service federation with no servers to run")
    .version(version)
    .showHelpAfterError("(mpreg --help lists the commands)")
    .exitOverride();
  const named = process.argv[2] ?? "";
  // Anything else, be it --help or a slip, needs to know them all.
  const wanted = Object.hasOwn(COMMANDS, named) ? [named] : Object.keys(COMMANDS);
  for (const name of wanted) {
    const command = await COMMANDS[name]?.();
    if (command) program.addCommand(overriding(command));
  }
  await program.parseAsync();
}

// `mpreg route … | head` closes the pipe early: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

main().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else fail(error, process.argv.includes("--json"));
});
