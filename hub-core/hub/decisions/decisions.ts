/** A hub's part in what the federation decides about itself: it judges, it follows, and a coordinator hands it down. */
import { type Reply, refused } from "../../common/problem.ts";
import { type Json, type Millis, type RegionId, unreachable } from "../../common/types.ts";
import { type HotSettings, hotSettings, reload } from "../../config/hot-settings.ts";
import type { HubConfig } from "../../config/hub-config.ts";
import type { Consensus } from "../../consensus/index.ts";
import type { Registry } from "../../registry/index.ts";
import { GLOBAL_GROUP } from "../../wire/log.ts";
import { CONFIG_KEY, malformed, REGIONS, RESERVED, regionDecision } from "./keys.ts";

export interface DecisionsOptions {
  /** The hub's own, changed in place. */
  readonly config: HubConfig;
  /** As its file says. */
  readonly file: HubConfig;
  readonly registry: () => Registry;
}

interface Decided {
  readonly key: string;
  readonly value: Json;
}

/** A copy that was not confirmed by then is made again. */
const COPY_TIMEOUT_MS = 10_000;
/** Decisions there may be: a configuration, and a state of each region. */
const MAX_DECISIONS = 1_000;

export class Decisions {
  readonly #o: DecisionsOptions;
  #removed: ReadonlySet<RegionId> = new Set();
  /** That a decision names. */
  #decidedOn: readonly RegionId[] = [];
  #seen = -1;
  #agreed = "{}";
  readonly #copying = new Set<string>();
  /** What was last compared, so that a step in which nothing was decided costs nothing. */
  #compared = "";

  constructor(options: DecisionsOptions) {
    this.#o = options;
  }

  /** Regions that the federation has removed. */
  get removed(): ReadonlySet<RegionId> {
    return this.#removed;
  }

  /** The agreed part of the configuration, in the words of the file. */
  get agreed(): Json {
    return JSON.parse(this.#agreed) as Json;
  }

  /** Why this hub votes against it; null: it does not. */
  judge(key: string, value: Json): string | null {
    const wrong = malformed(key, value);
    if (wrong !== null || !key.startsWith(REGIONS)) return wrong;
    const region = key.slice(REGIONS.length);
    const { state, force } = regionDecision.parse(value);
    switch (state) {
      case "removed":
        return force ? null : this.#stillServing(region);
      case "active":
        return this.#noRoomFor(region);
      default:
        return unreachable(state);
    }
  }

  /** 422 `region_unknown` for a decision about a region that nothing here names. */
  unknown(key: string): Reply | null {
    if (!key.startsWith(REGIONS)) return null;
    const region = key.slice(REGIONS.length);
    const { hub, seeds } = this.#o.config;
    const hubs = [hub, ...seeds, ...this.#o.registry().catalog.hubs()];
    const regions = [...new Set([...hubs.map((one) => one.region), ...this.#decidedOn])].sort();
    if (regions.includes(region)) return null;
    return refused(422, "region_unknown", `no region ${region} is known here; regions: ${regions.join(", ")}`, {
      regions,
    });
  }

  /** @returns whether anything that was decided has changed. The global group's word counts where this hub is in it. */
  review(groups: readonly Consensus[], now: Millis): boolean {
    const source = groups.find(({ group }) => group === GLOBAL_GROUP) ?? groups[0];
    if (!source) return false;
    const copied = this.#handDown(source, groups, now);
    const { revision } = source.state.keyValues;
    if (this.#seen === revision) return copied;
    this.#seen = revision;
    return this.#follow(decidedIn(source), now) || copied;
  }

  #follow(decided: readonly Decided[], now: Millis): boolean {
    const { config, file, registry } = this.#o;
    const agreed = decided.find(({ key }) => key === CONFIG_KEY)?.value ?? {};
    const hot = hotSettings.safeParse(agreed);
    reload(config, file, hot.success ? hot.data : ({} satisfies HotSettings));
    const regions = decided.filter(({ key }) => key.startsWith(REGIONS));
    this.#decidedOn = regions.map(({ key }) => key.slice(REGIONS.length));
    const removed = regions.flatMap(({ key, value }) => {
      const region = regionDecision.safeParse(value);
      return region.success && region.data.state === "removed" ? [key.slice(REGIONS.length)] : [];
    });
    const reloaded = JSON.stringify(agreed) !== this.#agreed;
    this.#agreed = JSON.stringify(agreed);
    const changed = removed.length !== this.#removed.size || removed.some((region) => !this.#removed.has(region));
    if (changed) {
      this.#removed = new Set(removed);
      registry().setRemovedRegions(this.#removed, now);
    }
    return changed || reloaded;
  }

  /** A coordinator that knows the global group's decisions writes them into its own group's log. */
  #handDown(source: Consensus, groups: readonly Consensus[], now: Millis): boolean {
    const target = groups.find((group) => group !== source);
    if (!target?.raft.leadership?.settled) return false;
    const { revision } = target.state.keyValues;
    const standing = `${target.raft.state.term} ${source.state.keyValues.revision} ${revision}`;
    if (standing === this.#compared) return false;
    this.#compared = standing;
    return this.#copyAll(source, target, now);
  }

  #copyAll(source: Consensus, target: Consensus, now: Millis): boolean {
    const wanted = new Map(decidedIn(source).map(({ key, value }) => [key, JSON.stringify(value)]));
    const present = new Map(decidedIn(target).map(({ key, value }) => [key, JSON.stringify(value)]));
    const stale = [...wanted].filter(([key, value]) => present.get(key) !== value);
    const gone = [...present.keys()].filter((key) => !wanted.has(key));
    const always = { expect: null, fence: null } as const;
    for (const [key, value] of stale) this.#copy(target, key, { kind: "put", key, value, lease: null, ...always }, now);
    for (const key of gone) this.#copy(target, key, { kind: "delete", key, ...always }, now);
    return stale.length + gone.length > 0;
  }

  #copy(target: Consensus, key: string, operation: Parameters<Consensus["propose"]>[0], now: Millis): void {
    const name = `${target.group} ${key}`;
    if (this.#copying.has(name)) return;
    this.#copying.add(name);
    target.propose(operation, now + COPY_TIMEOUT_MS, () => {
      this.#copying.delete(name);
      this.#compared = "";
    });
  }

  #stillServing(region: RegionId): string | null {
    const { catalog } = this.#o.registry();
    const serving = [...catalog.clusters()].filter(
      ({ record, vouched }) => vouched && record.region === region && record.state === "passing",
    ).length;
    if (serving === 0) return null;
    return `${serving} clusters of ${region} are in service: drain or remove them first, or say "force": true`;
  }

  #noRoomFor(region: RegionId): string | null {
    const { catalog } = this.#o.registry();
    const { maxRegionalHubs } = this.#o.config.limits;
    const regions = new Set(
      [...catalog.hubs()].filter(({ tier, state }) => tier === "regional" && state !== "left").map((hub) => hub.region),
    );
    if (regions.has(region) || regions.size < maxRegionalHubs) return null;
    return `there are ${regions.size} regions, and max_regional_hubs is ${maxRegionalHubs}`;
  }
}

function decidedIn({ state }: Consensus): readonly Decided[] {
  const listed = state.keyValues.list({ prefix: RESERVED, limit: MAX_DECISIONS });
  return listed.ok ? (listed.value as { readonly keys: readonly Decided[] }).keys : [];
}
