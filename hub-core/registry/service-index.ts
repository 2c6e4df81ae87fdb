/** Service name → clusters that offer it, kept as records change: looking one service up costs nothing for the others. */
import type { ClusterId } from "../common/types.ts";
import type { ClusterRecord } from "../wire/catalog.ts";

export class ServiceIndex {
  readonly #offering = new Map<string, Set<ClusterId>>();

  get size(): number {
    return this.#offering.size;
  }

  names(): IterableIterator<string> {
    return this.#offering.keys();
  }

  offering(service: string): ReadonlySet<ClusterId> {
    return this.#offering.get(service) ?? NONE;
  }

  replace(clusterId: ClusterId, before: ClusterRecord | undefined, after: ClusterRecord | undefined): void {
    if (before && after && sameNames(before, after)) return;
    for (const { name } of before?.services ?? []) {
      const clusters = this.#offering.get(name);
      clusters?.delete(clusterId);
      if (clusters?.size === 0) this.#offering.delete(name);
    }
    for (const { name } of after?.services ?? []) {
      const clusters = this.#offering.get(name);
      if (clusters) clusters.add(clusterId);
      else this.#offering.set(name, new Set([clusterId]));
    }
  }
}

const NONE: ReadonlySet<ClusterId> = new Set();

function sameNames(a: ClusterRecord, b: ClusterRecord): boolean {
  return a.services.length === b.services.length && a.services.every(({ name }, i) => name === b.services[i]?.name);
}
