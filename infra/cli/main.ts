/** The `mpreg` command. One file per command, and only the one that was asked for is loaded. */
import { CommanderError } from "commander";
import { EXIT } from "./errors.ts";
import { fail } from "./output.ts";
import { programFor } from "./program.ts";

// `mpreg route … | head` closes the pipe early: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

programFor(process.argv.slice(2))
  .then((program) => program.parseAsync())
  .catch((error: unknown) => {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else fail(error, process.argv.includes("--json"));
  });
