/** Version vectors as two hubs compare them: page by page, in the order of origin ids, so that absence has a meaning. */
import type { HubId } from "../common/types.ts";
import type { VersionVector } from "../wire/catalog.ts";

export interface VectorEntry {
  readonly origin: HubId;
  readonly upTo: number;
}

export interface VectorPage {
  /** The page speaks for every origin in (after, through]; null: no bound. */
  readonly after: HubId | null;
  readonly through: HubId | null;
  readonly entries: readonly VectorEntry[];
}

export interface Difference {
  /** What the other lacks, with what it is complete to. */
  readonly theyLack: readonly VectorEntry[];
  /** What is lacked here, with what this hub is complete to. */
  readonly weLack: readonly VectorEntry[];
}

export function pageOf(vector: VersionVector, after: HubId | null, maxEntries: number): VectorPage {
  const origins = [...vector.keys()].filter((origin) => after === null || origin > after).sort(byId);
  const entries = origins.slice(0, maxEntries).map((origin) => ({ origin, upTo: vector.get(origin) ?? 0 }));
  return { after, through: origins.length > maxEntries ? (entries.at(-1)?.origin ?? null) : null, entries };
}

/** Against a page: origins within its bounds that it does not name are unknown to the other. */
export function compareToPage(ours: VersionVector, page: VectorPage): Difference {
  const named = new Set(page.entries.map(({ origin }) => origin));
  const unnamed = [...ours.keys()]
    .filter((origin) => !named.has(origin) && within(page, origin))
    .sort(byId)
    .map((origin) => ({ origin, upTo: 0 }));
  return compare(ours, [...page.entries, ...unnamed]);
}

/** Against these entries alone. */
export function compare(ours: VersionVector, theirs: readonly VectorEntry[]): Difference {
  const theyLack: VectorEntry[] = [];
  const weLack: VectorEntry[] = [];
  for (const { origin, upTo } of theirs) {
    const own = ours.get(origin) ?? 0;
    if (own > upTo) theyLack.push({ origin, upTo });
    else if (own < upTo) weLack.push({ origin, upTo: own });
  }
  return { theyLack, weLack };
}

function within({ after, through }: VectorPage, origin: HubId): boolean {
  return (after === null || origin > after) && (through === null || origin <= through);
}

function byId(a: HubId, b: HubId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
