/**
 * Elections as a group's consensus would hold them, from outside: whoever the larger part of a group can hear is its leader, the
 * configured parent first, one in each term. Its members hear of it late, in any order and some of them twice; one that is cut off hears nothing but
 * its own silence.
 */
import { type DurationMs, downGroupOf, type GroupId, type HubId, type Millis } from "../../hub-core/common/types.ts";
import type { SimHub } from "./sim-hub.ts";
import type { World } from "./world.ts";

const ROUND_MS: DurationMs = 500;
/** A leader that a majority does not hear is replaced no sooner. */
const PATIENCE_MS: DurationMs = 1_500;
/** A parent that is back has to catch up first. */
const CATCH_UP_MS: DurationMs = 4_000;
const LATEST_MS: DurationMs = 1_000;
/** Some hear of it twice, the second time when it may be long over. */
const REPEATED_MS: DurationMs = 60_000;

interface Office {
  readonly parent: SimHub;
  readonly members: readonly SimHub[];
  leader: SimHub | null;
  term: number;
  lostAt: Millis | null;
}

export function holdElections(world: World): void {
  const random = world.random("elections");
  const offices = new Map<GroupId, Office>();
  for (const parent of world.hubs) {
    const group = downGroupOf(parent.identity);
    const children = world.hubs.filter((hub) => hub.identity.parent === parent.id);
    if (group !== null && children.length > 0)
      offices.set(group, { parent, members: [parent, ...children], leader: null, term: 0, lostAt: null });
  }
  /** What each run of a hub was told last. */
  const told = new Map<string, string>();
  const aliveSince = new Map<HubId, { readonly run: number; readonly at: Millis }>();
  const tell = (hub: SimHub, group: GroupId, leader: SimHub | null, term: number): void => {
    const key = `${hub.id}/${hub.run}/${group}`;
    const word = leader ? `${leader.id} ${term}` : "nobody";
    if (told.get(key) === word || (leader === null && !told.has(key))) return;
    told.set(key, word);
    const { run } = hub;
    const fact = leader && { leader: leader.id, term };
    const deliver = () => {
      if (hub.run === run) world.elected(hub, group, fact);
    };
    world.clock.after(random.float() * LATEST_MS, deliver);
    if (fact && random.below(4) === 0) world.clock.after(random.float() * REPEATED_MS, deliver);
  };
  const round = (): void => {
    for (const hub of world.hubs) {
      if (aliveSince.get(hub.id)?.run !== hub.run) aliveSince.set(hub.id, { run: hub.run, at: world.clock.now });
    }
    const isReady = (hub: SimHub) => world.clock.now - (aliveSince.get(hub.id)?.at ?? world.clock.now) >= CATCH_UP_MS;
    for (const [group, office] of offices) {
      elect(world, office, isReady);
      for (const hub of office.members) {
        const hears = office.leader !== null && canHear(world, office.leader, hub);
        tell(hub, group, hears ? office.leader : null, office.term);
      }
    }
    world.clock.after(ROUND_MS, round);
  };
  world.clock.after(ROUND_MS, round);
}

function elect(world: World, office: Office, isReady: (hub: SimHub) => boolean): void {
  const { parent, members, leader } = office;
  const canLead = (hub: SimHub) =>
    members.filter((other) => canHear(world, hub, other)).length > Math.floor(members.length / 2);
  const stands = leader !== null && canLead(leader);
  office.lostAt = stands ? null : (office.lostAt ?? world.clock.now);
  const first = leader === null && office.term === 0;
  const next = canLead(parent) && (first || isReady(parent)) ? parent : stands ? leader : members.find(canLead);
  if (next === leader || (!stands && leader !== null && world.clock.now - (office.lostAt ?? 0) < PATIENCE_MS)) return;
  office.leader = next ?? null;
  if (!next) return;
  office.term += 1;
  office.lostAt = null;
  world.note(next.id, "is elected", `${parent.identity.region} ${office.term}`);
  if (next !== parent) world.marks.reach("elected:stand-in");
}

/** Both ways, and itself. */
function canHear(world: World, a: SimHub, b: SimHub): boolean {
  const awake = (hub: SimHub) => hub.alive && hub.frozenUntil <= world.clock.now;
  const { paths } = world.network;
  return awake(a) && awake(b) && !paths.isCut(a, b) && !paths.isCut(b, a);
}
