/** How the command changes the weather between regions: GET /pairs, POST /pairs. Loopback, and only for who knows the key. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { z } from "zod";
import { CONTROL_HEADER } from "./control-header.ts";
import type { PairAction } from "./pair.ts";
import type { PairProxy } from "./proxy.ts";

const MAX_BODY = 4_096;

const change = z.strictObject({
  a: z.string(),
  b: z.string(),
  /** Only from a to b. */
  one_way: z.boolean().default(false),
  action: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("cut"), reset: z.boolean().default(false) }),
    z.strictObject({ kind: z.literal("heal") }),
    z.strictObject({ kind: z.literal("slow"), extra_ms: z.number().min(0).max(60_000) }),
    z.strictObject({ kind: z.literal("loss"), loss: z.number().min(0).max(1) }),
  ]),
});

export type PairChange = z.input<typeof change>;

export interface PairState {
  readonly from: string;
  readonly to: string;
  readonly rtt_ms: number;
  readonly extra_ms: number;
  readonly loss: number;
  readonly cut: boolean;
  readonly connections: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export function wanControl(proxies: readonly PairProxy[], key: string): Server {
  return createServer((request, response) => {
    answer(request, proxies, key).then(
      ({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      },
      (error: unknown) => {
        response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ error: String(error) }));
      },
    );
  });
}

async function answer(request: IncomingMessage, proxies: readonly PairProxy[], key: string): Promise<Answer> {
  if (request.headers[CONTROL_HEADER] !== key)
    return { status: 401, body: { error: `${CONTROL_HEADER} is missing or wrong` } };
  if (request.url !== "/pairs") return { status: 404, body: { error: "only /pairs is here" } };
  if (request.method === "GET") return { status: 200, body: { pairs: proxies.map(stateOf) } };
  if (request.method !== "POST") return { status: 405, body: { error: "GET or POST" } };
  const text = await readBody(request);
  const parsed = change.safeParse(text === null ? null : parseJson(text));
  if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
  const { a, b, one_way: oneWay, action } = parsed.data;
  const concerned = proxies.filter(
    ({ pair }) => (pair.from === a && pair.to === b) || (!oneWay && pair.from === b && pair.to === a),
  );
  if (concerned.length === 0) {
    const known = [...new Set(proxies.map(({ pair }) => pair.from))];
    return { status: 404, body: { error: `no road from ${a} to ${b}; regions: ${known.join(", ")}` } };
  }
  for (const proxy of concerned) proxy.apply(toAction(action));
  return { status: 200, body: { pairs: concerned.map(stateOf) } };
}

function toAction(action: z.output<typeof change>["action"]): PairAction {
  switch (action.kind) {
    case "slow":
      return { kind: "slow", extraMs: action.extra_ms };
    default:
      return action;
  }
}

function stateOf(proxy: PairProxy): PairState {
  const { from, to, rttMs, extraMs, loss, cut } = proxy.pair;
  return { from, to, rtt_ms: rttMs, extra_ms: extraMs, loss, cut, connections: proxy.connections };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON: the schema refuses it with a message of its own.
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
