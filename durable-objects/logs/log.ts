/** One JSON object per line, filtered by level. */
import type { LogFields, LogLevel } from "../../hub-core/common/outbox.ts";

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 };

export function isLogLevel(word: string): word is LogLevel {
  return Object.hasOwn(SEVERITY, word);
}

export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** `context` is on every line; a field of the same name as one of the line's own is kept under `field_<name>`. */
export function jsonLog(minimum: LogLevel, context: LogFields, write: (level: LogLevel, line: string) => void): Log {
  return (level, event, fields = {}) => {
    if (SEVERITY[level] < SEVERITY[minimum]) return;
    const line: Record<string, unknown> = { at: new Date().toISOString(), level, event, ...context };
    for (const [name, value] of Object.entries(fields))
      line[Object.hasOwn(line, name) ? `field_${name}` : name] = value;
    write(level, JSON.stringify(line));
  };
}

export function consoleLog(minimum: LogLevel, context: LogFields): Log {
  return jsonLog(minimum, context, (level, line) => console[level](line));
}
