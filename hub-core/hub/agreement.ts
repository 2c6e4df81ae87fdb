/** Consensus of the groups of one hub: built, told what the other machines know, and asked. */
import type { Metrics } from "../common/metrics.ts";
import { answered, type Reply, refused } from "../common/problem.ts";
import type { Random } from "../common/random.ts";
import {
  type DurationMs,
  downGroupOf,
  type GroupId,
  type HubId,
  type Json,
  type Millis,
  type RegionId,
  unreachable,
} from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import {
  Consensus,
  type ConsensusMessage,
  type ConsensusOutbox,
  type ConsensusRequest,
  type GroupRequest,
  GroupState,
  isOverview,
  listProposals,
  type OverviewRequest,
  type RosterMember,
} from "../consensus/index.ts";
import type { Coordination, Led } from "../coordination/index.ts";
import type { Registry } from "../registry/index.ts";
import { StrongKeyValues } from "../state/strong/index.ts";
import { GLOBAL_GROUP } from "../wire/log.ts";
import type { StoredState } from "./contract.ts";
import { malformed, maxOpen, RESERVED } from "./decisions/keys.ts";
import type { StepEffects } from "./effects.ts";
import type { Group } from "./group.ts";
import type { Identity } from "./identity.ts";
import { Relay } from "./relay.ts";

export interface AgreementOptions {
  readonly config: HubConfig;
  readonly stored: StoredState;
  readonly identity: Identity;
  /** Which may be one more while this hub stands in for its parent: that one's consensus it has no part in. */
  readonly groups: () => readonly Group[];
  readonly coordination: Coordination;
  readonly registry: Registry;
  /** Why this hub votes against a decision about the federation itself; null: it does not. */
  readonly judge: (key: string, value: Json) => string | null;
  /** Why a proposal for this key is not put to the vote of the global group; null: it may be. */
  readonly refuse: (key: string) => Reply | null;
  readonly isRemoved: (region: RegionId) => boolean;
  readonly random: Random;
  readonly metrics: Metrics;
}

export class Agreement {
  readonly relay: Relay;
  readonly #o: AgreementOptions;
  readonly #byGroup = new Map<GroupId, Consensus>();
  /** In this step, and what follows from it has not happened yet. */
  readonly #asked = new Set<Consensus>();
  /** As coordination was told of each group. */
  readonly #led = new Map<GroupId, Led | null>();

  constructor(options: AgreementOptions) {
    this.#o = options;
    const { config, groups, registry, metrics } = options;
    this.relay = new Relay({
      self: config.hub.hubId,
      catalog: registry.catalog,
      metrics,
      neighbours: (id) =>
        groups()
          .find((group) => group.id === id)
          ?.membership.neighbours() ?? [],
    });
    for (const group of groups()) this.#byGroup.set(group.id, this.#open(group));
  }

  all(): readonly Consensus[] {
    return [...this.#byGroup.values()];
  }

  of(group: GroupId): Consensus | undefined {
    return this.#byGroup.get(group);
  }

  start(now: Millis, out: StepEffects): void {
    for (const consensus of this.all()) consensus.start(now, this.#outbox(consensus, out));
    this.#tell(now, out);
  }

  receive(from: HubId, message: ConsensusMessage, now: Millis, out: StepEffects): void {
    const consensus = this.of(message.group);
    const { identity, registry } = this.#o;
    if (message.to !== 0 && message.to !== identity.replica) registry.selfRecords.mistaken(now);
    consensus?.receive(from, message, now, this.#outbox(consensus, out));
    this.#tell(now, out);
  }

  /** As membership of `group` judges it now. */
  judged(group: GroupId, hubId: HubId, alive: boolean, now: Millis, out: StepEffects): void {
    const consensus = this.of(group);
    if (!consensus) return;
    const outbox = this.#outbox(consensus, out);
    consensus.doubt(hubId, !alive, now, outbox);
    // It may be a new run, which knows no leader; and a quiet one would not say anything.
    if (alive) consensus.met(hubId, now, outbox);
    consensus.rosterChanged(now, outbox);
    this.#tell(now, out);
  }

  /** A hint, not a verdict: whoever depends on that hub asks. */
  linkChanged(hubId: HubId, open: boolean, now: Millis, out: StepEffects): void {
    this.relay.forget(hubId);
    for (const consensus of this.all()) {
      const known = consensus.raft.state.leader === hubId || consensus.raft.leadership?.matchOf(hubId) !== undefined;
      if (known) consensus.doubt(hubId, !open, now, this.#outbox(consensus, out));
    }
    this.#tell(now, out);
  }

  catalogChanged(now: Millis, out: StepEffects): void {
    for (const consensus of this.all()) consensus.rosterChanged(now, this.#outbox(consensus, out));
    this.#tell(now, out);
  }

  /** A hub that drains leads nobody: its leadership goes to whoever has caught up. */
  setDraining(draining: boolean, now: Millis, out: StepEffects): void {
    for (const consensus of this.all()) {
      if (draining) consensus.handOver(now, this.#outbox(consensus, out));
      else consensus.mayLead();
    }
    this.#tell(now, out);
  }

  tick(now: Millis, out: StepEffects): void {
    for (const consensus of this.all()) {
      if (consensus.nextDeadline() <= now) consensus.tick(now, this.#outbox(consensus, out));
    }
    this.#tell(now, out);
  }

  nextDeadline(): Millis {
    return this.all().reduce((next, consensus) => Math.min(next, consensus.nextDeadline()), Number.POSITIVE_INFINITY);
  }

  /** Answers `id` now or in a later step; `requested` ends those of one step. */
  request(id: string, request: ConsensusRequest, now: Millis, out: StepEffects): void {
    if (request.kind === "consensus-status") return out.reply(id, answered(this.status(now)));
    const misuse = reservedKey(request) ?? this.#unfounded(request);
    if (misuse) return out.reply(id, misuse);
    if (isOverview(request)) return out.reply(id, this.#overview(request));
    const consensus = this.#groupOf(request);
    if (!consensus) return out.reply(id, this.#elsewhere("group" in request ? request.group : undefined));
    consensus.request(id, request, now, this.#outbox(consensus, out));
    this.#asked.add(consensus);
  }

  requested(now: Millis, out: StepEffects): void {
    if (this.#asked.size === 0) return;
    for (const consensus of this.#asked) consensus.settle(now, this.#outbox(consensus, out));
    this.#asked.clear();
    this.#tell(now, out);
  }

  status(now: Millis) {
    return { groups: Object.fromEntries(this.all().map((consensus) => [consensus.group, consensus.status(now)])) };
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #open(group: Group): Consensus {
    const { config, stored, identity, random, metrics } = this.#o;
    const { hub, seeds, consensus, limits, membership } = config;
    const parent = group.role === "up" ? (hub.parent as HubId) : hub.hubId;
    const isIn = (other: { readonly hubId: HubId; readonly parent: HubId | null }): boolean =>
      other.hubId === parent || other.parent === parent;
    return new Consensus({
      group: group.id,
      self: hub.hubId,
      parent,
      expected: [hub, ...seeds].filter(isIn).map(({ hubId }) => hubId),
      replica: identity.replica,
      incarnation: identity.incarnation,
      stored: stored.logs.get(group.id),
      state: new GroupState({ group: group.id, keyValues: new StrongKeyValues(group.id), validate: this.#o.judge }),
      // As it is at each use: it may be decided anew while this hub runs.
      config: {
        get threshold() {
          return consensus.threshold;
        },
        get proposalTimeoutMs() {
          return consensus.proposalTimeoutMs;
        },
        maxProposals: (key) => maxOpen(key, limits.maxConsensusProposals),
      },
      timing: timingOf(membership.probeIntervalMs),
      members: () => this.#members(group),
      random,
      metrics,
    });
  }

  #members({ id, membership }: Group): RosterMember[] {
    const { catalog } = this.#o.registry;
    // Who is there in its parent's place has no part in what its parent's group agrees on.
    const own = membership.members().filter(({ standsIn }) => standsIn === null);
    return own.map(({ identity: { hubId, region, ...identity }, state, since }) => {
      const record = catalog.hub(hubId)?.record ?? null;
      return {
        hubId,
        region,
        isParent: downGroupOf({ ...identity, region }) === id,
        replica: record?.replica ?? 0,
        // What came by way of a hub of an older version says nothing of logs.
        lineage: !record?.replica ? null : (record.logs.find(({ group }) => group === id)?.lineage ?? 0),
        state: this.#o.isRemoved(region) ? "left" : state,
        stateSince: since,
        draining: record?.draining ?? false,
      };
    });
  }

  #tell(now: Millis, out: StepEffects): void {
    this.#publishLogs(now, out);
    for (const { group, led } of this.all()) {
      const told = this.#led.get(group);
      if (told?.leader === led?.leader && told?.term === led?.term) continue;
      this.#led.set(group, led);
      this.#o.coordination.led(group, led, now, out);
    }
  }

  /** Others see in the hub's record of which groups it has the log. */
  #publishLogs(now: Millis, out: StepEffects): void {
    const news = this.all().map((consensus) => consensus.takeLineageNews());
    if (!news.includes(true)) return;
    const logs = this.all().flatMap(({ group, lineage }) => (lineage === 0 ? [] : [{ group, lineage }]));
    this.#o.registry.selfRecords.setLogs(logs, now, out);
  }

  /** Only members of the global group know all that it decides about. */
  #unfounded(request: ConsensusRequest): Reply | null {
    return request.kind === "proposal-create" && this.of(GLOBAL_GROUP) ? this.#o.refuse(request.key) : null;
  }

  /** Of the groups that this hub is in, or of the one that is named, as this hub knows them. */
  #overview(request: OverviewRequest): Reply {
    const { group } = request;
    const states = this.all().flatMap(({ state }) => (group === undefined || state.group === group ? [state] : []));
    if (group !== undefined && states.length === 0) return this.#elsewhere(group);
    switch (request.kind) {
      case "proposal-list":
        return listProposals(states, request);
      case "vote-statistics":
        return answered({ voters: states.flatMap(({ group: id, proposals }) => proposals.statistics.answers(id)) });
      default:
        return unreachable(request);
    }
  }

  #groupOf(request: GroupRequest): Consensus | undefined {
    switch (request.kind) {
      case "proposal-get":
      case "proposal-vote":
      case "proposal-withdraw":
        return this.all().find(({ state }) => state.proposals.get(request.proposalId)) ?? this.all()[0];
      case "proposal-create":
        return request.group === undefined ? (this.of(GLOBAL_GROUP) ?? this.all()[0]) : this.of(request.group);
      default:
        return this.of(request.group);
    }
  }

  /** A hub of that group answers. */
  #elsewhere(group: GroupId | undefined): Reply {
    const { catalog } = this.#o.registry;
    const { region } = this.#o.config.hub;
    const members = [...catalog.hubs()]
      .filter((hub) => (group === GLOBAL_GROUP ? hub.tier !== "local" : hub.region === group && hub.tier !== "global"))
      .filter(({ state }) => state === "alive")
      .sort((a, b) => Number(b.region === region) - Number(a.region === region) || (a.hubId < b.hubId ? -1 : 1));
    const [member] = members;
    if (!member)
      return refused(404, "group_unknown", `no group named ${group ?? ""} with a hub that is alive is known here`);
    const detail = `Ask ${member.hubId}, which is a member of group ${group ?? ""}.`;
    return refused(421, "redirect", detail, { hub_id: member.hubId, region: member.region });
  }

  #outbox({ group }: Consensus, out: StepEffects): ConsensusOutbox {
    return {
      send: (to, message) => this.relay.send(group, to, message, out),
      connected: (to) => out.connected(to),
      dial: (to) => out.dial(to),
      persist: (write) => out.persist(write),
      check: (check) => out.check(check),
      notify: (notice) => out.notify(notice),
      log: (level, event, fields) => out.log(level, event, fields),
      reply: (id, reply) => out.reply(id, reply),
    };
  }
}

/** What the federation decides about itself is decided by ballot, in the global group. */
function reservedKey(request: ConsensusRequest): Reply | null {
  switch (request.kind) {
    case "state-put":
    case "state-delete":
      if (!request.key.startsWith(RESERVED)) return null;
      return refused(
        403,
        "key_reserved",
        "Keys that begin with mpreg/ are decided by ballot: POST /api/consensus/proposals",
      );
    case "proposal-create": {
      if (!request.key.startsWith(RESERVED)) return null;
      if (request.proposalKind !== "ballot" || (request.group ?? GLOBAL_GROUP) !== GLOBAL_GROUP) {
        const detail = "Keys that begin with mpreg/ are decided by a ballot of the group global.";
        return refused(403, "key_reserved", detail);
      }
      const wrong = malformed(request.key, request.value);
      return wrong === null ? null : refused(400, "invalid_decision", `${request.key}: ${wrong}`);
    }
    default:
      return null;
  }
}

/**
 * How fast the group is meant to notice a death. An election time-out is several round trips around the planet, and several
 * heartbeats; it is the last resort, as membership tells of a death first: where a hub may hibernate it is not near, or it would
 * keep the hub awake. A group falls silent two heartbeats after the last that it had to do.
 */
export function timingOf(probeIntervalMs: DurationMs) {
  const electionMs = Math.min(20_000, Math.max(1_000, 2 * probeIntervalMs));
  const heartbeatMs = Math.min(625, electionMs / 8);
  return { heartbeatMs, electionMs, quietAfterMs: 2 * heartbeatMs };
}
