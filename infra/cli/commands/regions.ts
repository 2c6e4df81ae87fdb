/** `mpreg regions`: which regions are part of the federation, as its hubs have decided, and deciding it anew. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { callOk } from "../api.ts";
import { CommandError, EXIT } from "../errors.ts";
import { print, terminalWidth } from "../output.ts";
import { mpregLine } from "../shell.ts";
import { table } from "../table.ts";
import { resolveTarget, type Target, type TargetOptions, withTarget } from "../target.ts";

interface Region {
  readonly region: string;
  readonly state: "active" | "removed";
  readonly hubs: number;
  readonly alive: number;
}

interface Proposal {
  readonly proposal_id: string;
  readonly state: "pending" | "committed" | "rejected" | "expired";
  readonly votes: readonly { readonly hub_id: string; readonly vote: "yes" | "no"; readonly reason?: string | null }[];
}

interface RemoveOptions extends TargetOptions {
  readonly force?: boolean;
}

const PREFIX = "mpreg/regions/";
const PROPOSALS = "/api/consensus/proposals";
/** A ballot lasts as long as the hubs' proposal time-out: longer than this, and somebody should look. */
const DECIDED_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 200;

export function regionsCommand(regions: Command): Command {
  withTarget(regions.command("list", { isDefault: true }).description("all of them (this is the default)")).action(
    list,
  );
  withTarget(regions.command("remove <region>").description("put its removal to the vote of the hubs"))
    .option("--force", "also while clusters there are in service")
    .action((region: string, options: RemoveOptions) =>
      decide(region, { state: "removed", ...(options.force ? { force: true } : {}) }, options),
    );
  withTarget(regions.command("add <region>").description("let a region that was removed join again")).action(
    (region: string, options: TargetOptions) => decide(region, { state: "active" }, options),
  );
  return regions;
}

async function list(options: TargetOptions): Promise<void> {
  const target = await resolveTarget(options, "viewer");
  const { hubs } = await callOk<{ hubs: readonly { region: string; state: string }[] }>(
    target,
    "GET",
    "/api/registry/status",
  );
  const decided = await callOk<{ keys: readonly { key: string; value: { state: Region["state"] } }[] }>(
    target,
    "GET",
    `/api/state?consistency=stale&prefix=${encodeURIComponent(PREFIX)}&limit=1000`,
  );
  const states = new Map(decided.keys.map(({ key, value }) => [key.slice(PREFIX.length), value.state]));
  const names = [...new Set([...hubs.map(({ region }) => region), ...states.keys()])].sort();
  const all: Region[] = names.map((region) => {
    const there = hubs.filter((hub) => hub.region === region);
    const alive = there.filter(({ state }) => state === "alive").length;
    return { region, state: states.get(region) ?? "active", hubs: there.length, alive };
  });
  print(options.json, { regions: all }, () =>
    table(
      [
        { title: "region", value: (one) => one.region },
        { title: "state", value: (one) => one.state },
        { title: "hubs", value: (one) => one.hubs, align: "right" },
        { title: "alive", value: (one) => one.alive, align: "right" },
      ],
      all,
      terminalWidth(),
    ),
  );
}

async function decide(region: string, value: { state: Region["state"]; force?: boolean }, options: TargetOptions) {
  const target = await resolveTarget(options, "admin");
  const body = { group: "global", kind: "ballot", key: `${PREFIX}${region}`, value };
  const opened = await callOk<Proposal>(target, "POST", PROPOSALS, body);
  const proposal = await decided(target, opened);
  const yes = proposal.votes.filter(({ vote }) => vote === "yes").length;
  const against = proposal.votes.filter(({ vote }) => vote === "no");
  if (proposal.state === "pending") {
    const line = mpregLine(`proposals show ${proposal.proposal_id}`, options.stateDir);
    throw new CommandError(`the hubs have not decided yet: ${line}`, EXIT.failed, proposal);
  }
  if (proposal.state !== "committed") {
    const reasons = against.map(({ hub_id, reason }) => `  ${hub_id}: ${reason ?? "no"}`);
    const head = `the hubs did not agree (${proposal.state}); ${region} is as it was`;
    throw new CommandError([head, ...reasons].join("\n"), EXIT.failed, proposal);
  }
  const back = mpregLine(value.state === "removed" ? `regions add ${region}` : "regions", options.stateDir);
  print(options.json, proposal, () => `${region} is ${value.state}, by ${yes} votes\n${back}`);
}

async function decided(target: Target, opened: Proposal): Promise<Proposal> {
  const until = Date.now() + DECIDED_WITHIN_MS;
  let proposal = opened;
  while (proposal.state === "pending" && Date.now() < until) {
    await sleep(LOOK_AGAIN_MS);
    proposal = await callOk<Proposal>(target, "GET", `${PROPOSALS}/${encodeURIComponent(opened.proposal_id)}`);
  }
  return proposal;
}
