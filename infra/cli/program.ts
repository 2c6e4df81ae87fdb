/** The command and its parts. Of what was not asked for, the name and what it does are enough: its options stay unloaded. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";

interface Part {
  readonly description: string;
  /** Adds its options and what it does. */
  load(): Promise<(command: Command) => Command>;
}

/** In the order of the help. */
const PARTS: Readonly<Record<string, Part>> = {
  start: {
    description: "run a whole federation on this machine: one runtime process per region, with a WAN between them",
    load: async () => (await import("./commands/start.ts")).startCommand,
  },
  stop: {
    description: "stop the planet that runs here",
    load: async () => (await import("./commands/stop.ts")).stopCommand,
  },
  status: {
    description: "hubs, clusters and regions, and how they are",
    load: async () => (await import("./commands/status.ts")).statusCommand,
  },
  route: {
    description: "ask where a client should go for a service",
    load: async () => (await import("./commands/route.ts")).routeCommand,
  },
  state: {
    description: "keys: read, write, delete, list and watch them",
    load: async () => (await import("./commands/state.ts")).stateCommand,
  },
  proposals: {
    description: "what the hubs decide together: propose, look, vote",
    load: async () => (await import("./commands/proposals.ts")).proposalsCommand,
  },
  regions: {
    description: "which regions are part of the federation: list, remove, add again",
    load: async () => (await import("./commands/regions.ts")).regionsCommand,
  },
  register: {
    description: "register a cluster and the services that it offers",
    load: async () => (await import("./commands/register.ts")).registerCommand,
  },
  topology: {
    description: "nodes and edges of the routing graph",
    load: async () => (await import("./commands/topology.ts")).topologyCommand,
  },
  chaos: {
    description: "break the local planet: kill regions, cut and slow the roads between them",
    load: async () => (await import("./commands/chaos.ts")).chaosCommand,
  },
  "start-node": {
    description: "run one hub as its own process; nodes on one machine find each other",
    load: async () => (await import("./commands/start-node.ts")).startNodeCommand,
  },
  "validate-config": {
    description: "check node or federation files; exits with 2 when one is invalid",
    load: async () => (await import("./commands/validate-config.ts")).validateConfigCommand,
  },
  "network-test": {
    description: "test the way to an edge or hub: names, TCP, HTTP, health, WebSocket",
    load: async () => (await import("./commands/network-test.ts")).networkTestCommand,
  },
  token: {
    description: "issue a token for the API",
    load: async () => (await import("./commands/token.ts")).tokenCommand,
  },
};

export const PART_NAMES = Object.keys(PARTS);

/** Ready to parse `args`, which say what must be loaded. */
export async function programFor(args: readonly string[]): Promise<Command> {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
    version: string;
  };
  const program = new Command("mpreg")
    .description("A planet-scale service federation with no servers to run")
    .version(version)
    .showHelpAfterError("(mpreg --help lists the commands)");
  const wanted = args[0] === "help" ? args[1] : args[0];
  for (const [name, { description, load }] of Object.entries(PARTS)) {
    const command = program.command(name).description(description);
    if (name === wanted) (await load())(command);
  }
  return overriding(program);
}

/** Commander would end the process itself, with 1 for a usage error. */
function overriding(command: Command): Command {
  command.exitOverride();
  for (const sub of command.commands) overriding(sub);
  return command;
}
