/**
 * Who coordinates which group, as the hubs' own records say. A group goes by its configured parent. Of several claims the one
 * with the highest term of a hub that lives counts; without any, the parent by its configuration, while it lives.
 */
import type { HubId } from "../common/types.ts";
import type { HubRecord, Leadership } from "../wire/catalog.ts";

export class Coordinators {
  /** By parent, then by who claims it. */
  readonly #claims = new Map<HubId, Map<HubId, Leadership>>();
  readonly #claimed = new Map<HubId, readonly HubId[]>();

  /** @returns the parents whose claims have changed. */
  set(hub: HubId, record: HubRecord | null): readonly HubId[] {
    // A hub may lead its own children, or stand in for its parent.
    const claims = (record?.leads ?? []).filter(({ parent }) => parent === hub || parent === record?.parent);
    const before = this.#claimed.get(hub) ?? [];
    const after = claims.map(({ parent }) => parent);
    if (before.length === 0 && after.length === 0) return [];
    for (const parent of before) this.#claims.get(parent)?.delete(hub);
    for (const claim of claims) {
      const rivals = this.#claims.get(claim.parent) ?? new Map<HubId, Leadership>();
      this.#claims.set(claim.parent, rivals.set(hub, claim));
    }
    if (after.length === 0) this.#claimed.delete(hub);
    else this.#claimed.set(hub, after);
    return [...new Set([...before, ...after])];
  }

  /** Parents in whose place this hub says that it stands, or that it is. */
  claimedBy(hub: HubId): readonly HubId[] {
    return this.#claimed.get(hub) ?? [];
  }

  /** Of those who are fit, the one elected last. */
  newest(parent: HubId, isFit: (hub: HubId) => boolean): { readonly hubId: HubId; readonly claim: Leadership } | null {
    let best: { hubId: HubId; claim: Leadership } | null = null;
    for (const [hubId, claim] of this.#claims.get(parent) ?? []) {
      const wins = !best || claim.term > best.claim.term || (claim.term === best.claim.term && hubId < best.hubId);
      if (wins && isFit(hubId)) best = { hubId, claim };
    }
    return best;
  }
}
