/** Command lines for people to paste. */
import { DEFAULT_STATE_DIR } from "../local/federation-state.ts";

/** `npx mpreg …` for the planet whose state is in `stateDir`, as the user named it. */
export function mpregLine(args: string, stateDir: string): string {
  return `npx mpreg ${args}${stateDir === DEFAULT_STATE_DIR ? "" : ` --state-dir ${quoted(stateDir)}`}`;
}

export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
