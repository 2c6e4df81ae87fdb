/** `mpreg chaos`: what can go wrong with a planet, on demand. */
import type { Command } from "commander";
import type { PairChange, PairState } from "../../wan/control.ts";
import { CONTROL_HEADER } from "../../wan/control-header.ts";
import { reasonOf } from "../api.ts";
import { CommandError, usageError } from "../errors.ts";
import { print, terminalWidth } from "../output.ts";
import { mpregLine } from "../shell.ts";
import { table } from "../table.ts";
import { jsonOption, localPlanet, regionOf, stateDirOption } from "../target.ts";

interface ChaosOptions {
  readonly stateDir: string;
  readonly json?: boolean;
  readonly oneWay?: boolean;
}

export function chaosCommand(chaos: Command): Command {
  const pair = (name: string, description: string): Command =>
    local(chaos.command(`${name} <a> <b>`).description(description)).option("--one-way", "only what goes from a to b");
  pair("cut", "let nothing through between two regions")
    .option("--reset", "break the connections under way instead of letting them hang")
    .action((a: string, b: string, options: ChaosOptions & { reset?: boolean }) =>
      changePair({ a, b, action: { kind: "cut", reset: options.reset ?? false } }, options),
    );
  pair("heal", "undo cut, slow and loss").action((a: string, b: string, options: ChaosOptions) =>
    changePair({ a, b, action: { kind: "heal" } }, options),
  );
  pair("slow", "add to the round trip")
    .option("--ms <ms>", "milliseconds to add", "200")
    .action((a: string, b: string, options: ChaosOptions & { ms: string }) =>
      changePair({ a, b, action: { kind: "slow", extra_ms: within(options.ms, 0, 60_000, "--ms") } }, options),
    );
  pair("loss", "lose packets, which TCP sends again")
    .option("--percent <percent>", "share that is lost", "10")
    .action((a: string, b: string, options: ChaosOptions & { percent: string }) =>
      changePair({ a, b, action: { kind: "loss", loss: within(options.percent, 0, 100, "--percent") / 100 } }, options),
    );
  for (const action of ["kill", "start"] as const) {
    local(chaos.command(`${action} <region>`))
      .description(action === "kill" ? "end a region's runtime and clusters, without warning" : "bring a region back")
      .action((region: string, options: ChaosOptions) => changeRegion(region, action, options));
  }
  local(chaos.command("show").description("the roads between regions as they are")).action(show);
  return chaos;
}

function local(command: Command): Command {
  return command.addOption(stateDirOption()).addOption(jsonOption());
}

function within(text: string, least: number, most: number, flag: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw usageError(`${flag} ${text}: a number from ${least} to ${most}`);
}

async function changePair(change: PairChange, options: ChaosOptions): Promise<void> {
  const state = await localPlanet(options.stateDir);
  regionOf(state, change.a);
  regionOf(state, change.b);
  if (change.a === change.b) throw usageError("two different regions, please: there is no road within one");
  const body = { ...change, one_way: options.oneWay ?? false };
  const answer = await control<{ pairs: PairState[] }>(`${state.wan.url}/pairs`, state.control_key, "POST", body);
  print(options.json, answer, () => pairs(answer.pairs));
}

async function show(options: ChaosOptions): Promise<void> {
  const state = await localPlanet(options.stateDir);
  const answer = await control<{ pairs: PairState[] }>(`${state.wan.url}/pairs`, state.control_key, "GET");
  print(options.json, answer, () => pairs(answer.pairs));
}

async function changeRegion(region: string, action: "kill" | "start", options: ChaosOptions): Promise<void> {
  const state = await localPlanet(options.stateDir);
  regionOf(state, region);
  const began = Date.now();
  const url = `${state.supervisor.url}/regions/${encodeURIComponent(region)}/${action}`;
  const answer = await control<{ pid: number; backend_pid: number }>(url, state.control_key, "POST");
  const ms = Date.now() - began;
  print(options.json, answer, () =>
    action === "kill"
      ? [
          `${region} is dead (runtime ${answer.pid}, clusters ${answer.backend_pid}); this brings it back:`,
          `  ${mpregLine(`chaos start ${region}`, options.stateDir)}`,
        ].join("\n")
      : `${region} is back after ${ms} ms (runtime ${answer.pid}, clusters ${answer.backend_pid})`,
  );
}

function pairs(states: readonly PairState[]): string {
  return table(
    [
      { title: "from", value: (pair) => pair.from },
      { title: "to", value: (pair) => pair.to },
      { title: "rtt ms", value: (pair) => pair.rtt_ms + pair.extra_ms, align: "right" },
      { title: "loss %", value: (pair) => Math.round(pair.loss * 1_000) / 10, align: "right" },
      {
        title: "state",
        value: (pair) => (pair.cut ? "cut" : pair.extra_ms > 0 || pair.loss > 0 ? "impaired" : "open"),
      },
      { title: "connections", value: (pair) => pair.connections, align: "right" },
    ],
    states,
    terminalWidth(),
  );
}

async function control<T>(url: string, key: string, method: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { [CONTROL_HEADER]: key, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new CommandError(
      `the planet's supervisor does not answer (${reasonOf(error)}): npx mpreg stop cleans up, npx mpreg start begins anew`,
    );
  }
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new CommandError(answer.error ?? `${method} ${url} answered ${response.status}`);
  return answer;
}
