/** What the command prints: results on stdout, for people or as JSON; progress and complaints on stderr. */
import { CommandError, EXIT } from "./errors.ts";

const DEFAULT_WIDTH = 100;

export function terminalWidth(): number {
  return process.stdout.columns ?? DEFAULT_WIDTH;
}

/** `human` is not even built when JSON is asked for. */
export function print(json: boolean | undefined, value: unknown, human: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${human()}\n`);
}

export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints why, and leaves the exit code; the process ends when its work does. */
export function fail(error: unknown, json: boolean): void {
  if (error instanceof CommandError) {
    if (json) process.stdout.write(`${JSON.stringify(error.body ?? { error: error.message }, null, 2)}\n`);
    else process.stderr.write(`mpreg: ${error.message}\n`);
    process.exitCode = error.exitCode;
    return;
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`mpreg: ${message}\n`);
  process.exitCode = EXIT.failed;
}
