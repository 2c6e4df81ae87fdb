/** Why a dial came to nothing, from what the platform tells: a status, or an error with little more than a message. */
import type { DialFailure } from "../../hub-core/hub/contract.ts";

/** The other end, or a gateway before it, answered with something other than 101. */
export function failureOfStatus(status: number): DialFailure {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 408 || status === 504 || status === 522 || status === 524) return "timeout";
  // A gateway that could not reach the hub, as against a hub (or edge) that will not have us.
  if (status === 502 || (status >= 520 && status <= 530)) return "unreachable";
  return "refused";
}

/** `fetch` itself failed. */
export function failureOfError(error: unknown): DialFailure {
  if (!(error instanceof Error)) return "unreachable";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "timeout";
  return /refused|ECONNREFUSED/i.test(error.message) ? "refused" : "unreachable";
}
