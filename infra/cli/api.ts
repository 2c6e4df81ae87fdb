/** Calls of the HTTP API, and its refusals told to people. */
import { CommandError } from "./errors.ts";
import type { Target } from "./target.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly path?: string; readonly message?: string }[];
  /** Of a write that nobody said the end of. */
  readonly idempotency_key?: string;
}

const TIMEOUT_MS = 15_000;

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Where hubs must agree, an answer may take longer. */
  readonly timeoutMs?: number;
}

export async function call(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
  { headers = {}, timeoutMs = TIMEOUT_MS }: CallOptions = {},
): Promise<ApiAnswer> {
  let response: Response;
  try {
    response = await fetch(`${target.url}${path}`, {
      method,
      headers: {
        accept: "application/json",
        ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new CommandError(
      `${target.url} does not answer (${reasonOf(error, timeoutMs)}): check with npx mpreg network-test --target ${target.url}`,
    );
  }
  const text = await response.text();
  try {
    return { status: response.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
  } catch {
    throw new CommandError(
      `${method} ${target.url}${path} answered ${response.status} with something that is not JSON: is that an edge?`,
    );
  }
}

/** The body of a success; anything else ends the command with what the problem says. */
export async function callOk<T>(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
  options?: CallOptions,
): Promise<T> {
  const answer = await call(target, method, path, body, options);
  if (answer.status >= 200 && answer.status < 300) return answer.body as T;
  throw problemError(answer);
}

export function problemError({ status, body }: ApiAnswer): CommandError {
  const problem = (body ?? {}) as Problem;
  const code = problem.code === undefined ? "" : ` ${problem.code}`;
  const lines = [`${status}${code}: ${problem.detail ?? problem.title ?? "no reason was given"}`];
  for (const error of problem.errors ?? []) lines.push(`  ${error.path ?? ""}: ${error.message ?? ""}`);
  if (problem.code === "outcome_unknown" && problem.idempotency_key !== undefined)
    lines.push(`  the same again, applied once in any case: --idempotency-key ${problem.idempotency_key}`);
  if (status === 401 || status === 403)
    lines.push("  give a token that may: --token, MPREG_TOKEN, or npx mpreg token --role operator");
  return new CommandError(lines.join("\n"), undefined, body);
}

/** The cause that fetch hides. */
export function reasonOf(error: unknown, timeoutMs = TIMEOUT_MS): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1_000} s`;
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}
