/** One health check over HTTP. A redirect is an answer like any other: following it would check another place. */
import type { Check } from "../../hub-core/common/outbox.ts";
import type { CheckOutcome } from "../../hub-core/hub/contract.ts";

/** Never rejects: every end is an outcome. */
export async function httpCheck(check: Check): Promise<CheckOutcome> {
  const startedAt = Date.now();
  try {
    const signal = AbortSignal.timeout(check.timeoutMs);
    const headers = { "user-agent": "mpreg-health-check" };
    const response = await fetch(check.url, { signal, redirect: "manual", headers });
    const latencyMs = Date.now() - startedAt;
    await response.body?.cancel();
    return { kind: "answered", status: response.status, latencyMs };
  } catch (error) {
    return isTimeout(error) ? { kind: "timeout" } : { kind: "refused" };
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}
