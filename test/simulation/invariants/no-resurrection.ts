/** Once a hub has seen a cluster's tombstone, only a record of a higher incarnation may stand in its place. */
import type { HubId } from "../../../hub-core/common/types.ts";
import { Violation } from "../failure.ts";
import type { World } from "../world.ts";
import type { Invariant } from "./invariant.ts";

interface Grave {
  readonly incarnation: number;
  readonly origin: HubId;
}

export function noResurrection(): Invariant {
  const name = "no-resurrection";
  /** By `hub/run`, then cluster: the highest incarnation buried. */
  const buried = new Map<string, Map<string, Grave>>();
  return {
    name,
    onLogs: (hub, { store, catalog }, world, changed) => {
      const key = `${hub.id}/${hub.run}`;
      const graves = buried.get(key) ?? new Map<string, Grave>();
      buried.set(key, graves);
      for (const origin of changed) {
        for (const { body } of store.changesSince(origin, 0, Number.MAX_SAFE_INTEGER).rumors) {
          if (body.kind !== "tombstone" || body.incarnation < (graves.get(body.clusterId)?.incarnation ?? 0)) continue;
          graves.set(body.clusterId, { incarnation: body.incarnation, origin });
        }
      }
      for (const [clusterId, { incarnation, origin }] of graves) {
        const standing = catalog.cluster(clusterId);
        if (!standing || standing.record.incarnation > incarnation || lostStorage(world, origin)) continue;
        throw new Violation(
          name,
          `${clusterId} stands at ${hub.id} with incarnation ${standing.record.incarnation}, buried up to ${incarnation}`,
        );
      }
    },
  };
}

/** A hub that lost all it knew may have lost the tombstone with it. */
function lostStorage(world: World, origin: HubId): boolean {
  return (world.hub(origin)?.storage.epoch ?? 0) > 0;
}
