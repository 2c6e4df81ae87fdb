/** What a federation survives, as `mpreg validate-config` tells it. */
import { inMillionths } from "../../../hub-core/common/required-votes.ts";
import {
  type Federation,
  type NodeFile,
  plannedGroups,
  survivalBySize,
  survivalOf,
  survivalWarnings,
} from "../../../hub-core/config/index.ts";
import { terminalWidth } from "../output.ts";
import { table, wrapped } from "../table.ts";
import { regionNote } from "./status-groups.ts";

interface GroupLine {
  readonly group: string;
  readonly members: readonly string[];
  readonly voters: readonly string[];
  readonly required_votes: number;
  /** Hubs that may go at once, whichever they are. */
  readonly may_lose: number;
  /** Null: the group is in one region, and goes with it. */
  readonly regions_at_risk: readonly string[] | null;
}

interface SizeLine {
  readonly voters: number;
  readonly required_votes: number;
  readonly may_lose: number;
}

export interface Survives {
  /** Of a federation file, by group; null where the file names no groups. */
  readonly survives: readonly GroupLine[] | null;
  /** Of a node file, which does not know who else is in its groups: by the number of voters. */
  readonly survives_by_size: readonly SizeLine[] | null;
  readonly warnings: readonly string[];
}

/** Of a file that is not sound. */
export const NOTHING_SURVIVES: Survives = { survives: null, survives_by_size: null, warnings: [] };

export function survivesOfFederation({ hubs, settings }: Federation): Survives {
  const { threshold } = settings.consensus;
  const groups = plannedGroups(hubs);
  return {
    survives: groups.map(({ id, members }) => {
      const survival = survivalOf(id, members, inMillionths(threshold));
      return {
        group: id,
        members: survival.members,
        voters: survival.voters,
        required_votes: survival.requiredVotes,
        may_lose: survival.mayLose,
        regions_at_risk: survival.inOneRegion ? null : survival.atRisk.map(({ region }) => region),
      };
    }),
    survives_by_size: null,
    warnings: groups.flatMap((group) => survivalWarnings(group, threshold)),
  };
}

export function survivesOfNode({ settings }: NodeFile): Survives {
  const sizes = survivalBySize(settings.consensus.threshold);
  return {
    survives: null,
    survives_by_size: sizes.map(({ voters, requiredVotes, mayLose }) => ({
      voters,
      required_votes: requiredVotes,
      may_lose: mayLose,
    })),
    warnings: [],
  };
}

export function survivalLines({ survives, survives_by_size, warnings }: Survives): string[] {
  const width = terminalWidth();
  return [
    ...(survives ? ["", "What each group survives, with writes going on:", groupTable(survives, width)] : []),
    ...(survives_by_size ? ["", "What its groups survive, by their size:", sizeTable(survives_by_size, width)] : []),
    ...warnings.map((warning) => wrapped(`warning: ${warning}`, width, "  ")),
  ];
}

function groupTable(lines: readonly GroupLine[], width: number): string {
  return table(
    [
      { title: "group", value: ({ group }) => group },
      { title: "hubs", value: ({ members }) => members.length, align: "right" },
      { title: "voters", value: ({ voters }) => voters.length, align: "right" },
      { title: "needed", value: ({ required_votes }) => required_votes, align: "right" },
      { title: "may go", value: ({ may_lose }) => may_lose, align: "right" },
      { title: "one region lost", value: ({ regions_at_risk }) => regionNote(regions_at_risk) },
    ],
    lines,
    width,
  );
}

function sizeTable(lines: readonly SizeLine[], width: number): string {
  return table(
    [
      { title: "voters", value: ({ voters }) => voters, align: "right" },
      { title: "needed", value: ({ required_votes }) => required_votes, align: "right" },
      { title: "may go", value: ({ may_lose }) => may_lose, align: "right" },
    ],
    lines,
    width,
  );
}
