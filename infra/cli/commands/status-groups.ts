/** What the groups agree by, as `mpreg status` shows it. */
import { call } from "../api.ts";
import { terminalWidth } from "../output.ts";
import { table, wrapped } from "../table.ts";
import type { Target } from "../target.ts";

interface GroupStatus {
  readonly role: string;
  readonly term: number;
  readonly leader: string | null;
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly required_votes: number;
  readonly commit_index: number;
  readonly quorum?: { readonly have: number; readonly need: number };
  readonly survives?: {
    /** Hubs that may go at once, whichever they are. */
    readonly may_lose: number;
    /** Null: the group is in one region, and goes with it. */
    readonly regions_at_risk: readonly string[] | null;
  } | null;
}

/** By group, as the hub says that knows most of it. */
export type Agreement = Readonly<Record<string, GroupStatus>>;

interface Hub {
  readonly hub_id: string;
  readonly tier: string;
  readonly region: string;
  readonly state: string;
}

/** Null: none of its hubs answers. */
type Line = readonly [group: string, status: GroupStatus | null];

/** Each regional hub is in the group of its region and in the global one; of a group that they tell differently, the leader is right. */
export async function agreementOf(target: Target, hubs: readonly Hub[]): Promise<Agreement> {
  const alive = hubs.filter(({ state }) => state === "alive");
  const regional = alive.filter(({ tier }) => tier === "regional");
  const asked = regional.length > 0 ? regional : alive.slice(0, 1);
  const told = await Promise.all(asked.map(({ hub_id }) => consensusAt(target, hub_id)));
  const agreement: Record<string, GroupStatus> = {};
  for (const [group, status] of told.flatMap((groups) => Object.entries(groups))) {
    const known = agreement[group];
    if (!known || better(status, known)) agreement[group] = status;
  }
  return agreement;
}

function better(a: GroupStatus, b: GroupStatus): boolean {
  if (a.term !== b.term) return a.term > b.term;
  if ((a.role === "leader") !== (b.role === "leader")) return a.role === "leader";
  return a.commit_index > b.commit_index;
}

/** Nothing, when the hub does not answer: that is seen elsewhere in the table. */
async function consensusAt(target: Target, hub: string): Promise<Agreement> {
  try {
    const { status, body } = await call(target, "GET", `/hubs/${encodeURIComponent(hub)}/api/status`);
    return status === 200 ? ((body as { readonly consensus?: Agreement }).consensus ?? {}) : {};
  } catch {
    return {};
  }
}

/** Every group that there should be, and below it which region is one too many to lose. */
export function groupTable(agreement: Agreement, hubs: readonly Hub[]): string {
  const width = terminalWidth();
  const lines = groupLines(agreement, hubs);
  const rows = table(
    [
      { title: "group", value: ([group]) => group },
      { title: "leader", value: ([, status]) => (status ? (status.leader ?? "none") : "no answer") },
      { title: "term", value: ([, status]) => status?.term, align: "right", spare: 2 },
      { title: "commit", value: ([, status]) => status?.commit_index, align: "right", spare: 1 },
      { title: "voters", value: ([, status]) => status?.voters.length, align: "right" },
      { title: "needed", value: ([, status]) => status?.required_votes, align: "right" },
      { title: "learners", value: ([, status]) => status?.learners.length, align: "right", spare: 3 },
      { title: "may go", value: ([, status]) => status && mayGo(status), align: "right" },
    ],
    lines,
    width,
  );
  const risks = lines.flatMap(([group, status]) => atRisk(group, status) ?? []);
  return [rows, ...risks.map((risk) => wrapped(risk, width, "  "))].join("\n");
}

/** Of a region that has left there is no group to ask for. */
function groupLines(agreement: Agreement, hubs: readonly Hub[]): Line[] {
  const regions = hubs.filter(({ tier, state }) => tier !== "global" && state !== "left").map(({ region }) => region);
  const groups = new Set([...Object.keys(agreement), ...regions]);
  return [...groups]
    .sort((a, b) => Number(b === "global") - Number(a === "global") || a.localeCompare(b))
    .map((group) => [group, agreement[group] ?? null]);
}

/** Hubs that may go; or that the group cannot write as it is. */
function mayGo({ leader, quorum, survives }: GroupStatus): string | number | undefined {
  if (quorum && quorum.have < quorum.need) return "no quorum";
  if (leader === null) return quorum ? "no leader" : "no quorum";
  return survives?.may_lose;
}

function atRisk(group: string, status: GroupStatus | null): string | null {
  const regions = status?.survives?.regions_at_risk ?? [];
  if (!status || regions.length === 0 || typeof mayGo(status) === "string") return null;
  const which = regions.length === 1 ? regions[0] : `any one of ${regions.join(", ")}`;
  return `${group} cannot write without ${which}: too few votes would be left`;
}

/** Null: the group is in one region. */
export function regionNote(atRisk: readonly string[] | null): string {
  if (atRisk === null) return "goes with it";
  return atRisk.length === 0 ? "survives any" : `not ${atRisk.join(", ")}`;
}
