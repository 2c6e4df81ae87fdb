/**
 * A hand-over carries a cluster as its sender saw it, and may be late. What this hub's catalog knows to have been asked
 * of the cluster later goes before that.
 */
import type { HubIdentity } from "../common/types.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import { formAt } from "./scoped-store.ts";

export function asLastAsked(record: ClusterRecord, catalog: Catalog, self: HubIdentity): ClusterRecord {
  const later = catalog.claims.askedLater(record);
  if (!later) return record;
  const asked = { ...later.body, incarnation: record.incarnation };
  if (formAt(self, catalog.hub(later.origin)) === "whole") return asked;
  // Its metadata may have been asked for as well, and is not here: who holds it must still know better.
  return { ...asked, metadata: record.metadata, directedAt: record.directedAt };
}
