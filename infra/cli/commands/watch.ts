/** `mpreg state watch`: the event stream of an edge, taken up again where it broke off. */
import { setTimeout as sleep } from "node:timers/promises";
import { problemError, reasonOf } from "../api.ts";
import { CommandError } from "../errors.ts";
import { progress } from "../output.ts";
import { resolveTarget, type Target, type TargetOptions } from "../target.ts";
import { scopeOf, shortValue, wholeNumber, withQuery } from "./values.ts";

export interface WatchOptions extends TargetOptions {
  readonly scope?: string;
  readonly since?: string;
}

interface Change {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly value?: unknown;
  readonly version?: number;
  readonly revision: number;
}

export interface StreamEvent {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string | null;
}

const AGAIN_MS = 1_000;

/** Until the process is ended, or the changes are no longer known. */
export async function watch(prefix: string, options: WatchOptions): Promise<void> {
  if (options.since !== undefined) wholeNumber(options.since, "--since");
  const target = await resolveTarget(options, "viewer");
  const scope = options.scope && scopeOf(options.scope);
  const path = withQuery("/api/watch", { kinds: "state", prefix, scope, since: options.since });
  const unread = new AbortController();
  // Whoever read it (`| head`) has gone.
  process.stdout.once("error", () => unread.abort());
  let last: string | null = null;
  while (!unread.signal.aborted) {
    const stream = await open(target, path, last, unread.signal);
    if (unread.signal.aborted) break;
    if (typeof stream === "string") {
      // The first time is for whoever typed it; later, the edge was there, and will be again.
      if (last === null) throw new CommandError(`${target.url} does not answer (${stream})`);
      progress(`the edge does not answer (${stream}): trying again`);
    } else {
      for await (const event of events(stream)) {
        if (event.data !== null) tell(event, options.json ?? false);
        last = event.id ?? last;
      }
    }
    if (!unread.signal.aborted) await sleep(AGAIN_MS);
  }
}

function tell({ event, data }: StreamEvent, json: boolean): void {
  const told = JSON.parse(data ?? "null") as Change & { readonly status?: number };
  if (event === "problem") throw problemError({ status: told.status ?? 0, body: told });
  process.stdout.write(`${json ? JSON.stringify(told) : changeLine(told)}\n`);
}

function changeLine({ type, key, value, revision }: Change): string {
  const line = type === "delete" ? `${revision} delete ${key}` : `${revision} put ${key} ${shortValue(value)}`;
  return line.replace(/\p{Cc}/gu, "?");
}

/** The stream; or why there is none, when that may pass. */
async function open(
  target: Target,
  path: string,
  last: string | null,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | string> {
  let response: Response;
  try {
    response = await fetch(`${target.url}${path}`, {
      signal,
      headers: {
        accept: "text/event-stream",
        ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
        ...(last === null ? {} : { "last-event-id": last }),
      },
    });
  } catch (error) {
    return reasonOf(error);
  }
  if (response.ok && response.body) return response.body as unknown as AsyncIterable<Uint8Array>;
  const text = await response.text();
  if (response.status >= 500 && last !== null) return String(response.status);
  throw problemError({ status: response.status, body: parsed(text) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** What ends, ends: whoever reads takes it up again. */
export async function* events(stream: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const bytes of stream) {
      text += decoder.decode(bytes, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) yield eventOf(block);
    }
  } catch (error) {
    progress(`the stream broke off (${reasonOf(error)})`);
  }
}

function eventOf(block: string): StreamEvent {
  const field = (name: string): string | null => {
    const line = block.split("\n").find((each) => each.startsWith(`${name}: `));
    return line === undefined ? null : line.slice(name.length + 2);
  };
  return { id: field("id"), event: field("event"), data: field("data") };
}
