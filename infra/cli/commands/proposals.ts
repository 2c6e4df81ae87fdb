/** `mpreg proposals`: what the hubs of a group decide together. */
import { type Command, Option } from "commander";
import { call, callOk, problemError } from "../api.ts";
import { EXIT, usageError } from "../errors.ts";
import { print, terminalWidth } from "../output.ts";
import { mpregLine, quoted } from "../shell.ts";
import { table, wrapped } from "../table.ts";
import { resolveTarget, type TargetOptions, withTarget } from "../target.ts";
import { parsedValue, shortValue, wholeNumber, withQuery } from "./values.ts";

interface Proposal {
  readonly proposal_id: string;
  readonly group: string;
  readonly proposer: string;
  readonly kind: string;
  readonly key: string;
  readonly value: unknown;
  readonly state: "pending" | "committed" | "rejected" | "expired";
  readonly threshold: number;
  readonly required_votes: number;
  readonly voters?: readonly string[];
  readonly votes: readonly Vote[];
  readonly created_at: string;
  readonly expires_at: string;
  readonly decided_at?: string | null;
  readonly index?: number | null;
  readonly reason?: string;
}

interface Vote {
  readonly hub_id: string;
  readonly vote: "yes" | "no";
  readonly reason?: string | null;
  readonly at: string;
  readonly by?: string;
}

interface ListOptions extends TargetOptions {
  readonly state?: string;
  readonly group?: string;
  readonly limit?: string;
}

interface CreateOptions extends TargetOptions {
  readonly ballot?: boolean;
  readonly group?: string;
  readonly threshold?: string;
  readonly timeout?: string;
  readonly ifVersion?: string;
  readonly ifAbsent?: boolean;
  readonly idempotencyKey?: string;
}

interface VoteOptions extends TargetOptions {
  readonly as?: string;
  readonly reason?: string;
  readonly idempotencyKey?: string;
}

interface WithdrawOptions extends TargetOptions {
  readonly idempotencyKey?: string;
}

/** A write is decided, or given up, within the proposal time-out of the hubs. */
const TIMEOUT_MS = 30_000;
const PATH = "/api/consensus/proposals";

export function proposalsCommand(proposals: Command): Command {
  const part = (name: string, description: string): Command =>
    withTarget(proposals.command(name).description(description));
  withTarget(proposals.command("list", { isDefault: true }).description("the newest first (this is the default)"))
    .addOption(new Option("--state <state>", "only these").choices(["active", "decided"]))
    .option("--group <group>", "only of this group: global, or a region")
    .option("--limit <n>", "how many at most")
    .action(list);
  part("show <id>", "one proposal, with its votes").action(show);
  part("create <key> <value>", "propose a value (JSON, or a word) for a key")
    .option("--ballot", "put it to the vote of the hubs, rather than decide it at once")
    .option("--group <group>", "whose it is: global (the default), or a region")
    .option("--threshold <share>", "of the voters, as in 0.75; never less than a majority")
    .option("--timeout <ms>", "when it expires")
    .option("--if-version <n>", "commit only where the key has this version")
    .option("--if-absent", "commit only where there is no such key")
    .option("--idempotency-key <key>", "of an earlier try: it is not proposed twice")
    .action(create);
  part("vote <id> <yes|no>", "vote for a hub")
    .option("--as <hub>", "the hub; by default the nearest that knows the proposal")
    .option("--reason <text>", "why")
    .option("--idempotency-key <key>", "of an earlier try")
    .action(vote);
  part("withdraw <id>", "end a proposal that is still pending; of what the federation decides about itself as an admin")
    .option("--idempotency-key <key>", "of an earlier try")
    .action(withdraw);
  return proposals;
}

async function list(options: ListOptions): Promise<void> {
  const target = await resolveTarget(options, "viewer");
  const path = withQuery(PATH, { state: options.state, group: options.group, limit: options.limit });
  const page = await callOk<{ proposals: readonly Proposal[]; next_cursor: string | null }>(target, "GET", path);
  print(options.json, page, () => {
    if (page.proposals.length === 0) return "no proposals";
    const more = page.next_cursor === null ? "" : "\nand more: --limit shows up to 1000";
    return `${proposalTable(page.proposals)}${more}`;
  });
}

async function show(id: string, options: TargetOptions): Promise<void> {
  const target = await resolveTarget(options, "viewer");
  const proposal = await callOk<Proposal>(target, "GET", `${PATH}/${encodeURIComponent(id)}`);
  print(options.json, proposal, () => details(proposal));
}

async function create(key: string, value: string, options: CreateOptions): Promise<void> {
  const body = proposalBody(key, value, options);
  const target = await resolveTarget(options, "operator");
  const answer = await call(target, "POST", PATH, body, written(options.idempotencyKey));
  if (answer.status !== 201 && answer.status !== 202) throw problemError(answer);
  const proposal = answer.body as Proposal;
  print(options.json, proposal, () => {
    if (proposal.state !== "pending") return outcome(proposal);
    const line = mpregLine(`proposals vote ${quoted(proposal.proposal_id)} yes --as HUB`, options.stateDir);
    return [outcome(proposal), `vote on it: ${line}`].join("\n");
  });
  if (proposal.state === "rejected" || proposal.state === "expired") process.exitCode = EXIT.failed;
}

async function vote(id: string, choice: string, options: VoteOptions): Promise<void> {
  if (choice !== "yes" && choice !== "no") throw usageError(`vote yes or no, not ${choice}`);
  const target = await resolveTarget(options, "operator");
  const hub = options.as === undefined ? "" : `/hubs/${encodeURIComponent(options.as)}`;
  const path = `${hub}${PATH}/${encodeURIComponent(id)}/votes`;
  const body = { vote: choice, ...(options.reason === undefined ? {} : { reason: options.reason }) };
  const proposal = await callOk<Proposal>(target, "POST", path, body, written(options.idempotencyKey));
  print(options.json, proposal, () => outcome(proposal));
}

async function withdraw(id: string, options: WithdrawOptions): Promise<void> {
  // Only an admin may withdraw a decision, and what this is about only the hubs know.
  const target = await resolveTarget(options, "admin");
  const path = `${PATH}/${encodeURIComponent(id)}`;
  const proposal = await callOk<Proposal>(target, "DELETE", path, undefined, written(options.idempotencyKey));
  print(options.json, proposal, () => outcome(proposal));
}

export function proposalBody(
  key: string,
  value: string,
  options: Omit<CreateOptions, keyof TargetOptions>,
): Record<string, unknown> {
  const { group, threshold, timeout, ifVersion, ifAbsent } = options;
  if (ifVersion !== undefined && ifAbsent) throw usageError("--if-version and --if-absent exclude each other");
  const share = threshold === undefined ? undefined : Number(threshold);
  if (share !== undefined && !(share > 0 && share <= 1))
    throw usageError(`--threshold ${threshold}: a share as in 0.75`);
  const version = ifVersion === undefined ? undefined : wholeNumber(ifVersion, "--if-version", 1);
  return {
    kind: options.ballot ? "ballot" : "write",
    key,
    value: parsedValue(value),
    ...(group === undefined ? {} : { group }),
    ...(share === undefined ? {} : { threshold: share }),
    ...(timeout === undefined ? {} : { timeout_ms: wholeNumber(timeout, "--timeout", 1) }),
    ...(version === undefined ? {} : { expect: { version } }),
    ...(ifAbsent ? { expect: { version: 0 } } : {}),
  };
}

function written(idempotencyKey: string | undefined) {
  return {
    timeoutMs: TIMEOUT_MS,
    ...(idempotencyKey === undefined ? {} : { headers: { "idempotency-key": idempotencyKey } }),
  };
}

function yes({ votes }: Proposal): number {
  return votes.filter((one) => one.vote === "yes").length;
}

function proposalTable(list: readonly Proposal[]): string {
  return table(
    [
      { title: "proposal", value: (one) => one.proposal_id },
      { title: "group", value: (one) => one.group },
      { title: "kind", value: (one) => one.kind, spare: 2 },
      { title: "key", value: (one) => one.key },
      { title: "value", value: (one) => shortValue(one.value), spare: 4 },
      { title: "state", value: (one) => one.state },
      {
        title: "votes",
        value: (one) => (one.kind === "ballot" ? `${yes(one)}/${one.required_votes}` : null),
        align: "right",
      },
      { title: "created", value: (one) => one.created_at, spare: 1 },
      { title: "decided", value: (one) => one.decided_at, spare: 3 },
    ],
    list,
    terminalWidth(),
  );
}

function outcome(one: Proposal): string {
  const of = `${one.proposal_id} in ${one.group}`;
  const why = one.reason === undefined ? "" : `: ${one.reason}`;
  switch (one.state) {
    case "pending": {
      const votes = one.kind === "ballot" ? `, ${yes(one)} of ${one.required_votes} votes` : "";
      return `${of} is pending${votes}, until ${one.expires_at}`;
    }
    case "committed":
      return `${of} is committed${one.index == null ? "" : `, index ${one.index}`}${why}`;
    default:
      return `${of} is ${one.state}${why}`;
  }
}

function details(one: Proposal): string {
  const lines = [
    outcome(one),
    `  ${one.kind} of ${one.key} by ${one.proposer}: ${shortValue(one.value)}`,
    `  threshold ${one.threshold}, ${one.required_votes} votes needed${one.voters ? ` of ${one.voters.join(", ")}` : ""}`,
    `  created ${one.created_at}, ${one.decided_at ? `decided ${one.decided_at}` : `expires ${one.expires_at}`}`,
  ].map((line) => wrapped(line, terminalWidth(), "    "));
  if (one.votes.length === 0) return lines.join("\n");
  const votes = table(
    [
      { title: "hub", value: (each) => each.hub_id },
      { title: "vote", value: (each) => each.vote },
      { title: "by", value: (each) => each.by, spare: 1 },
      { title: "at", value: (each) => each.at, spare: 2 },
      { title: "reason", value: (each) => each.reason },
    ],
    one.votes,
    terminalWidth(),
  );
  return [...lines, "", votes].join("\n");
}
