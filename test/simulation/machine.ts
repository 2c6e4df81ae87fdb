/** What the world needs of a hub: the contract's `step`, and an observer's look inside for the invariants. */
import type { CatalogView } from "../../hub-core/common/catalog-view.ts";
import type { DurationMs, GroupId, HubId, Millis } from "../../hub-core/common/types.ts";
import type { HubConfig } from "../../hub-core/config/hub-config.ts";
import type { Effect, HubEvent, StoredState } from "../../hub-core/hub/contract.ts";
import type { EventualValue } from "../../hub-core/state/index.ts";
import type { MemberState, RumorStore } from "../../hub-core/wire/catalog.ts";
import type { Configuration, Replica } from "../../hub-core/wire/log.ts";

export interface Machine {
  step(event: HubEvent, now: Millis): Effect[];
}

export interface MachineOptions {
  readonly config: HubConfig;
  readonly stored: StoredState;
  readonly seed: number;
  readonly softwareVersion: string;
  /** Null: the newest this build speaks. */
  readonly protocolVersion: number | null;
}

export interface MemberView {
  readonly hubId: HubId;
  readonly state: MemberState;
  readonly incarnation: number;
}

/** A limit and how much of it is in use. */
export interface Usage {
  readonly name: string;
  readonly used: number;
  readonly max: number;
}

export interface Versions {
  readonly logs: number;
  readonly members: number;
}

/** One group as one hub sees it. */
export interface GroupView {
  /** The hub's own: a refutation raises it in the group where it was needed. */
  readonly incarnation: number;
  readonly others: readonly MemberView[];
}

/** One group's consensus as one hub has it in memory. */
export interface ReplicaView {
  readonly group: GroupId;
  /** 0: it has no log of the group. */
  readonly lineage: number;
  readonly role: "leader" | "candidate" | "follower";
  readonly term: number;
  readonly votedFor: Replica | null;
  readonly leader: HubId | null;
  readonly configuration: Configuration;
  readonly lastIndex: number;
  readonly commit: number;
  readonly applied: number;
  /** Of the state at `applied`. */
  readonly hash: number;
  /** Silent until something happens. */
  readonly quiet: boolean;
}

/** A group that a hub takes itself to coordinate. */
export interface Office {
  readonly group: GroupId;
  readonly term: number;
  /** By its own clock. */
  readonly since: Millis;
}

export interface Insight {
  readonly groups: ReadonlyMap<GroupId, GroupView>;
  readonly catalog: CatalogView;
  readonly coordinates: readonly Office[];
  readonly store: RumorStore;
  /** The origins whose logs changed after that version of the logs; null when that is too long ago to tell. */
  logsChangedSince(version: number): readonly HubId[] | null;
  queues(): readonly Usage[];
  readonly state: StateInsight;
}

/** Eventual state as a hub has it. */
export interface StateInsight {
  /** Those with something to read. */
  keys(): readonly string[];
  read(key: string): EventualValue | undefined;
  /** Of its hybrid clock over its own wall clock at that time, and the most that may be. */
  clockAhead(now: Millis): { readonly ms: DurationMs; readonly max: DurationMs };
}

/** How to make a machine, and how to look inside one. */
export interface MachineKind<M extends Machine = Machine> {
  create(options: MachineOptions, now: Millis): M;
  /** Null when there is nothing to see. */
  inspect(machine: M): Insight | null;
  /** What one hub takes another for; undefined when it does not know it. */
  opinion(machine: M, about: HubId): MemberState | undefined;
  /** Rumors received so far, and how many of them were known already. */
  gossip(machine: M): { readonly received: number; readonly duplicates: number };
  /** Numbers that go up with every change of a log, and of a member: where they stand still, there is nothing new to judge. */
  versions(machine: M): Versions;
  /** Cheap enough to ask after every step, as is what follows. */
  usage(machine: M): readonly Usage[];
  replicas(machine: M): readonly ReplicaView[];
  /** Messages of consensus that went by way of a third hub. */
  relayed(machine: M): number;
  /** What the hub says of a proposal; undefined when it does not know it. */
  proposal(machine: M, group: GroupId, proposalId: string): unknown;
}
