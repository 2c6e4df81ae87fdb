/** The refusal of a request: RFC 9457 `application/problem+json`, less what the edge adds (`type`, `title`). */
export interface Problem {
  readonly status: number;
  /** Stable machine word, as docs/API.md lists them. */
  readonly code: string;
  /** What is wrong and what to do about it. */
  readonly detail: string;
  /** Members beside the standard ones: limits, the explanation of a decision, the hub to ask instead. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** `status` is the HTTP status of success: 200, 201, 202 or 204. */
export type Reply<T = unknown> =
  | { readonly ok: true; readonly status: number; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

export type Refusal = Extract<Reply, { readonly ok: false }>;

export function answered<T>(value: T, status = 200): Reply<T> {
  return { ok: true, status, value };
}

export function refused(status: number, code: string, detail: string, extra?: Problem["extra"]): Refusal {
  return { ok: false, problem: extra ? { status, code, detail, extra } : { status, code, detail } };
}
