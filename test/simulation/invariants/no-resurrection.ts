/** Once a hub has seen a cluster's tombstone, only a record of a higher incarnation may stand in its place. */
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

export function noResurrection(): Invariant {
  const name = "no-resurrection";
  /** By `hub/run`, then cluster: the highest incarnation buried. */
  const buried = new Map<string, Map<string, number>>();
  return {
    name,
    onSample: (hub, { store, catalog }) => {
      const key = `${hub.id}/${hub.run}`;
      const graves = buried.get(key) ?? new Map<string, number>();
      buried.set(key, graves);
      for (const origin of store.vector().keys()) {
        for (const { body } of store.changesSince(origin, 0, Number.MAX_SAFE_INTEGER).rumors) {
          if (body.kind !== "tombstone") continue;
          graves.set(body.clusterId, Math.max(graves.get(body.clusterId) ?? 0, body.incarnation));
        }
      }
      for (const [clusterId, incarnation] of graves) {
        const standing = catalog.cluster(clusterId);
        if (standing && standing.record.incarnation <= incarnation)
          throw new Violation(
            name,
            `${clusterId} stands at ${hub.id} with incarnation ${standing.record.incarnation}, buried up to ${incarnation}`,
          );
      }
    },
  };
}
