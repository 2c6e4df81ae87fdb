import type { HubId, HubIdentity } from "../common/types.ts";
import { MAX_HUBS } from "../config/hub-config.ts";

/** Where hubs are, as configuration, introductions, greetings and storage told. At the limit newcomers are not kept. */
export class Directory {
  readonly #self: HubId;
  readonly #hubs = new Map<HubId, HubIdentity>();

  constructor(self: HubId, hubs: readonly HubIdentity[]) {
    this.#self = self;
    for (const hub of hubs) this.remember(hub);
  }

  remember(hub: HubIdentity): void {
    if (hub.hubId === this.#self) return;
    if (this.#hubs.has(hub.hubId) || this.#hubs.size < MAX_HUBS) this.#hubs.set(hub.hubId, hub);
  }

  find(id: HubId): HubIdentity | undefined {
    return this.#hubs.get(id);
  }

  /** In id order. */
  all(): HubIdentity[] {
    return [...this.#hubs.values()].sort((a, b) => (a.hubId < b.hubId ? -1 : 1));
  }
}
