/** What the command prints: results on stdout, for people or as JSON; progress and complaints on stderr. */
import { UnusablePath } from "../local/files.ts";
import { CommandError, EXIT, usageError } from "./errors.ts";

const DEFAULT_WIDTH = 80;
const LEAST_WIDTH = 40;

/** Of the terminal, or what COLUMNS says when output goes elsewhere. */
export function terminalWidth(): number {
  const told = Number(process.env.COLUMNS);
  return process.stdout.columns ?? (Number.isInteger(told) && told > 0 ? Math.max(LEAST_WIDTH, told) : DEFAULT_WIDTH);
}

/** `human` is not even built when JSON is asked for. */
export function print(json: boolean | undefined, value: unknown, human: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${human()}\n`);
}

const ERASE_LINE = "\r\x1b[K";
let unfinished = false;

/** A line that stays. */
export function progress(line: string): void {
  process.stderr.write(`${unfinished ? ERASE_LINE : ""}${line}\n`);
  unfinished = false;
}

/** On a terminal a line that the next one replaces; elsewhere a line like any other. */
export function step(line: string): void {
  if (!process.stderr.isTTY) return progress(line);
  const width = process.stderr.columns ?? DEFAULT_WIDTH;
  process.stderr.write(`${ERASE_LINE}${line.length < width ? line : `${line.slice(0, width - 2)}…`}`);
  unfinished = true;
}

/** After steps: what was said last is wiped away, as what follows says more. */
export function endSteps(): void {
  if (unfinished) process.stderr.write(ERASE_LINE);
  unfinished = false;
}

/** Prints why, and leaves the exit code; the process ends when its work does. */
export function fail(thrown: unknown, json: boolean): void {
  endSteps();
  const error = thrown instanceof UnusablePath ? usageError(thrown.message) : thrown;
  if (error instanceof CommandError) {
    // On one line, as some commands print an object a line.
    if (json) process.stdout.write(`${JSON.stringify(error.body ?? { error: error.message })}\n`);
    else process.stderr.write(`mpreg: ${error.message}\n`);
    process.exitCode = error.exitCode;
    return;
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`mpreg: ${message}\n`);
  process.exitCode = EXIT.failed;
}
