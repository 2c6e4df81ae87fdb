/** The clients of the benchmark, in a process of their own: each asks again as soon as it is answered. Jobs come and results go by IPC. */
import { Agent, request } from "node:http";
import type { Job, JobResult } from "./load.ts";

const ANSWER_WITHIN_MS = 15_000;
/** After a failure, so that a hub that refuses at once is not flooded. */
const REST_MS = 5;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

process.on("message", (job: Job) => {
  void run(job).then((result) => process.send?.(result));
});
process.once("disconnect", () => process.exit(0));

async function run(job: Job): Promise<JobResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  const measuredFrom = performance.now() + job.warmUpMs;
  const until = measuredFrom + job.measureMs;
  let left = job.most ?? Number.POSITIVE_INFINITY;
  let last = measuredFrom;
  let longestGap = 0;
  const busy = process.cpuUsage();
  const client = async (index: number): Promise<void> => {
    const url = new URL(job.urls[index % job.urls.length] as string);
    for (let n = 0; performance.now() < until && left > 0; n++) {
      const from = performance.now();
      const measured = from >= measuredFrom;
      const failure = await ask(agent, url, sentOf(job, index, n), job.token);
      const now = performance.now();
      if (measured) {
        if (failure !== null) failures[failure] = (failures[failure] ?? 0) + 1;
        else {
          left -= 1;
          latencies.push(now - from);
          longestGap = Math.max(longestGap, now - last);
          last = now;
        }
      }
      const rest = failure === null ? job.pauseMs : REST_MS;
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  };
  await Promise.all(Array.from({ length: job.clients }, (_, index) => client(index)));
  const elapsedMs = performance.now() - measuredFrom;
  const { user, system } = process.cpuUsage(busy);
  agent.destroy();
  return { latencies, failures, elapsedMs, longestGapMs: longestGap, cpuMs: (user + system) / 1_000 };
}

function sentOf({ what, clients }: Job, client: number, n: number): Sent {
  const key = `bench/${clients}/${client}`;
  const value = { client, n };
  switch (what) {
    case "put":
      return { method: "PUT", path: `/api/state/${key}`, body: JSON.stringify(value) };
    case "get":
      return { method: "GET", path: "/api/state/bench/read?consistency=linearizable", body: null };
    case "get-stale":
      return { method: "GET", path: "/api/state/bench/read?consistency=stale", body: null };
    case "etcd-put":
      return {
        method: "POST",
        path: "/v3/kv/put",
        body: JSON.stringify({ key: base64(key), value: base64(JSON.stringify(value)) }),
      };
    case "etcd-get":
      return { method: "POST", path: "/v3/kv/range", body: JSON.stringify({ key: base64("bench/read") }) };
  }
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Null: it was done. Else why not: a status with its code, or an error of the connection. */
function ask(agent: Agent, url: URL, { method, path, body }: Sent, token: string | null): Promise<string | null> {
  return new Promise((resolve) => {
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    const asked = request({ agent, host: url.hostname, port: url.port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(failureOf(response.statusCode ?? 0, text)));
      response.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    asked.setTimeout(ANSWER_WITHIN_MS, () => asked.destroy(new Error("time-out")));
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end(body ?? undefined);
  });
}

function failureOf(status: number, text: string): string | null {
  if (status >= 200 && status < 300) return null;
  const [, code = ""] = /"code":"?(\w+)/.exec(text) ?? [];
  return `${status} ${code}`.trim();
}
