/** How the command ends, so that scripts can tell. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Ends the command with a message that says what to do; never a stack trace. */
export class CommandError extends Error {
  readonly exitCode: number;
  /** What `--json` prints in place of the message. */
  readonly body: unknown;

  constructor(message: string, exitCode: number = EXIT.failed, body?: unknown) {
    super(message);
    this.exitCode = exitCode;
    this.body = body;
  }
}

export function usageError(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}
