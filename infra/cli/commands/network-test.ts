/** `mpreg network-test`: what lies between here and an edge, step by step. */
import { lookup } from "node:dns/promises";
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import type { Command } from "commander";
import { reasonOf } from "../api.ts";
import { EXIT, usageError } from "../errors.ts";
import { print, terminalWidth } from "../output.ts";
import { table } from "../table.ts";
import { jsonOption, localPlanet, regionOf, stateDirOption } from "../target.ts";

interface Step {
  readonly step: string;
  readonly verdict: "ok" | "failed" | "skipped";
  readonly ms: number | null;
  readonly detail: string;
}

interface TestOptions {
  readonly target?: string;
  readonly stateDir: string;
  readonly json?: boolean;
}

const TIMEOUT_MS = 5_000;
const ROUND_TRIPS = 5;

export function networkTestCommand(command: Command): Command {
  return command
    .option("--target <url|region>", "an edge's URL or a region of the local planet; all regions when left out")
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async (options: TestOptions) => {
      const targets = await targetsOf(options);
      const results = await Promise.all(targets.map(async (url) => ({ target: url.href, steps: await test(url) })));
      print(options.json, results.length === 1 ? results[0] : results, () =>
        results.map(({ target, steps }) => report(target, steps)).join("\n\n"),
      );
      if (results.some(({ steps }) => steps.some((step) => step.verdict === "failed"))) process.exitCode = EXIT.failed;
    });
}

async function targetsOf({ target, stateDir }: TestOptions): Promise<URL[]> {
  if (target === undefined) return (await localPlanet(stateDir)).regions.map((region) => new URL(region.url));
  if (target.includes("://")) {
    const url = URL.parse(target);
    if (url?.protocol === "http:" || url?.protocol === "https:") return [url];
    throw usageError(`--target ${target}: an http or https URL, or a region`);
  }
  return [new URL(regionOf(await localPlanet(stateDir), target).url)];
}

/** Each step stands on the one before: after a failure the rest is skipped, and says so. */
async function test(url: URL): Promise<Step[]> {
  const steps: [string, () => Promise<string>][] = [
    ["name", () => resolveName(url)],
    ["tcp", () => dialTimes(url)],
    ["http", () => httpAnswer(url)],
    ["health", () => health(url)],
    ["websocket", () => webSocket(url)],
  ];
  const done: Step[] = [];
  let broken: string | null = null;
  for (const [step, run] of steps) {
    if (broken !== null) {
      done.push({ step, verdict: "skipped", ms: null, detail: `after ${broken}` });
      continue;
    }
    const began = performance.now();
    const elapsed = (): number => Math.round((performance.now() - began) * 10) / 10;
    try {
      const detail = await run();
      done.push({ step, verdict: "ok", ms: elapsed(), detail });
    } catch (error) {
      done.push({ step, verdict: "failed", ms: elapsed(), detail: reasonOf(error) });
      if (step !== "health") broken = step;
    }
  }
  return done;
}

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

async function resolveName(url: URL): Promise<string> {
  const addresses = await lookup(hostOf(url), { all: true });
  return addresses.map((entry) => entry.address).join(", ");
}

async function dialTimes(url: URL): Promise<string> {
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) times.push(await dialTime(url));
  times.sort((a, b) => a - b);
  const format = (value: number | undefined): string => (value ?? 0).toFixed(1);
  return `${ROUND_TRIPS} dials: ${format(times[0])} ms least, ${format(times[times.length >> 1])} median, ${format(times.at(-1))} most`;
}

function dialTime(url: URL): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const socket = connect({ host: hostOf(url), port: portOf(url), timeout: TIMEOUT_MS });
    socket.once("connect", () => {
      socket.destroy();
      resolve(performance.now() - began);
    });
    socket.once("timeout", () =>
      socket.destroy(new Error(`no connection within ${TIMEOUT_MS} ms: a firewall, or a cut`)),
    );
    socket.once("error", reject);
  });
}

async function httpAnswer(url: URL): Promise<string> {
  const response = await fetch(new URL("/openapi.json", url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.arrayBuffer();
  if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
  return `HTTP ${response.status}, request ${response.headers.get("x-request-id") ?? "without an id: is that an edge?"}`;
}

async function health(url: URL): Promise<string> {
  const response = await fetch(new URL(`${url.pathname.replace(/\/+$/, "")}/health`, url), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = (await response.json()) as { status?: string; node_id?: string; region?: string };
  const said = `${body.status ?? "no status"}, hub ${body.node_id ?? "?"} in ${body.region ?? "?"}`;
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${said}`);
  return said;
}

/** Without a peer's token an upgrade is refused with 401: the way is open for WebSockets, and guarded. */
function webSocket(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? secureRequest : request;
    const upgrade = send(new URL("/peer/network-test", url).href, {
      timeout: TIMEOUT_MS,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.from("mpreg-network-ts").toString("base64"),
      },
    });
    upgrade.once("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Error("a peer link was granted without a token"));
    });
    upgrade.once("response", (response) => {
      response.resume();
      if (response.statusCode === 401 || response.statusCode === 404)
        resolve(`HTTP ${response.statusCode}: upgrades arrive, and need a peer's token`);
      else reject(new Error(`HTTP ${response.statusCode}: something between does not pass WebSocket upgrades`));
    });
    upgrade.once("timeout", () => upgrade.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    upgrade.once("error", reject);
    upgrade.end();
  });
}

function report(target: string, steps: readonly Step[]): string {
  const rows = table(
    [
      { title: "step", value: (step) => step.step },
      { title: "verdict", value: (step) => step.verdict },
      { title: "ms", value: (step) => step.ms, align: "right" },
      { title: "detail", value: (step) => step.detail },
    ],
    steps,
    terminalWidth(),
  );
  return `${target}\n${rows}`;
}
