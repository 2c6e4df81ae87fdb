/** Who is in the federation and where, for a given number of hubs; and how each is configured. */
import type { Coordinates, HubIdentity } from "../../hub-core/common/types.ts";
import type { HubConfig } from "../../hub-core/config/hub-config.ts";
import { configsOf, type Profile } from "./hub-settings.ts";

export interface Topology {
  readonly name: string;
  readonly hubs: readonly HubConfig[];
}

interface Place {
  readonly region: string;
  readonly coordinates: Coordinates;
}

const PLACES: readonly Place[] = [
  place("us-east", 38.95, -77.45),
  place("eu-west", 53.35, -6.26),
  place("ap-northeast", 35.68, 139.69),
  place("sa-east", -23.55, -46.63),
  place("us-west", 45.59, -121.18),
  place("eu-central", 50.11, 8.68),
  place("ap-southeast", 1.35, 103.82),
  place("af-south", -33.92, 18.42),
  place("ap-south", 19.08, 72.88),
  place("oc-east", -33.87, 151.21),
];

const MAX_REGIONAL = 10;
const MAX_CHILDREN = 20;

/** One global hub, regional hubs, and locals dealt evenly among them: 211 is 1 + 10 + 200. */
export function federation(hubs: number, profile: Profile): Topology {
  const largest = 1 + MAX_REGIONAL * (1 + MAX_CHILDREN);
  if (hubs < 1 || hubs > largest) throw new RangeError(`a federation has 1 to ${largest} hubs, not ${hubs}`);
  const regions = regionsFor(hubs);
  const locals = hubs - 1 - regions;
  const identities: HubIdentity[] = [identity("global-hub-001", "global", at(0), null, 0)];
  for (let region = 0; region < regions; region++) {
    const where = at(region);
    identities.push(identity(`regional-hub-${where.region}`, "regional", where, "global-hub-001", 0));
  }
  for (let local = 0; local < locals; local++) {
    const where = at(local % regions);
    const number = String(Math.floor(local / regions) + 1).padStart(2, "0");
    identities.push(
      identity(`local-hub-${where.region}-${number}`, "local", where, `regional-hub-${where.region}`, local + 1),
    );
  }
  return { name: `${hubs} hubs`, hubs: configsOf(identities, profile) };
}

/** A single flat group: one regional hub and its children, with the limit on children raised. */
export function flatGroup(members: number, profile: Profile): Topology {
  if (members < 1 || members > 200) throw new RangeError(`a flat group has 1 to 200 members, not ${members}`);
  const where = at(0);
  const identities = [identity(`regional-hub-${where.region}`, "regional", where, null, 0)];
  for (let child = 1; child < members; child++) {
    const id = `local-hub-${where.region}-${String(child).padStart(3, "0")}`;
    identities.push(identity(id, "local", where, `regional-hub-${where.region}`, child));
  }
  // A region of the product has 20 local hubs unless its file says more; these groups are to show where it ends.
  const hubs = configsOf(identities, profile, { limits: { max_child_hubs: 200 } });
  return { name: `group of ${members}`, hubs };
}

function regionsFor(hubs: number): number {
  if (hubs <= 1) return 0;
  const enough = Math.ceil((hubs - 1) / (1 + MAX_CHILDREN));
  const comfortable = Math.round(Math.sqrt((hubs - 1) / 2));
  return Math.min(MAX_REGIONAL, hubs - 1, Math.max(1, enough, comfortable));
}

function identity(
  hubId: string,
  tier: HubIdentity["tier"],
  where: Place,
  parent: string | null,
  offset: number,
): HubIdentity {
  // Hubs of one region lie within a degree of each other, each in its own spot.
  const spread = { latitude: ((offset * 37) % 100) / 100, longitude: ((offset * 61) % 100) / 100 };
  const coordinates = {
    latitude: where.coordinates.latitude + spread.latitude,
    longitude: where.coordinates.longitude + spread.longitude,
  };
  return { hubId, tier, region: where.region, coordinates, parent, address: `https://${hubId}.example` };
}

function at(region: number): Place {
  return PLACES[region % PLACES.length] as Place;
}

function place(region: string, latitude: number, longitude: number): Place {
  return { region, coordinates: { latitude, longitude } };
}
