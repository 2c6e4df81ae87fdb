/**
 * What an answer of `/api/state/{key}` says of the operation that was asked (docs/API.md). An answer that the API does not promise is an
 * error of the API, so it is thrown, not taken for an outcome.
 */
import { z } from "zod";
import type { Operation, OutcomeOf } from "./operation.ts";

export interface HttpAnswer {
  readonly status: number;
  /** Parsed JSON. */
  readonly body: unknown;
}

const entry = z.object({ value: z.json(), version: z.int(), revision: z.int() });
const removal = z.object({ revision: z.int() });
const problem = z.object({ code: z.string() });
/** What stood there instead; null for an absent key. */
const mismatch = z.object({ version: z.int().nullable().optional() });

export const NO_ANSWER = { kind: "unknown" } as const;

export function outcomeOf<Kind extends Operation["kind"]>(kind: Kind, answer: HttpAnswer): OutcomeOf<Kind> {
  return outcomeOfAny(kind, answer) as OutcomeOf<Kind>;
}

function outcomeOfAny(kind: Operation["kind"], { status, body }: HttpAnswer): Operation["outcome"] {
  if (status === 200 || status === 201) return success(kind, status === 201, body);
  const { code } = problem.parse(body);
  if (status === 404 && code === "key_unknown" && (kind === "read" || kind === "delete")) return { kind: "absent" };
  if (status === 412 && (kind === "cas" || kind === "delete")) {
    const { version } = mismatch.parse(body);
    return { kind: "mismatch", seen: version === null ? "absent" : (version ?? null) };
  }
  if (status === 412) throw new Error(`412 ${code} for a ${kind} without a precondition`);
  if (status < 500 || code === "no_quorum") return { kind: "refused", code };
  // 504 `outcome_unknown`, and whatever else failed on the way.
  return NO_ANSWER;
}

function success(kind: Operation["kind"], created: boolean, body: unknown): Operation["outcome"] {
  if (kind === "delete") return { kind: "deleted", revision: removal.parse(body).revision };
  const { value, version, revision } = entry.parse(body);
  return kind === "read" ? { kind: "found", value, version } : { kind: "written", version, revision, created };
}
