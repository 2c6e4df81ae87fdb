/** What eventual state needs of its hub. */
import type { CatalogView } from "../../common/catalog-view.ts";
import type { Metrics } from "../../common/metrics.ts";
import type { Outbox } from "../../common/outbox.ts";
import type { HubId, Millis } from "../../common/types.ts";
import type { HubConfig } from "../../config/hub-config.ts";
import type { Priority, RecordBody } from "../../wire/catalog.ts";

export interface Surroundings {
  readonly self: HubId;
  /** Of this life of the hub's storage. */
  readonly replica: number;
  readonly config: HubConfig;
  readonly metrics: Metrics;
  readonly catalog: CatalogView;
  /** Hubs of its groups that it knew when it started. */
  readonly expected: readonly HubId[];
  /** One change of the hub's own log. @returns false when the log has no room for it. */
  publish(
    key: string,
    body: RecordBody,
    priority: Priority,
    expiresAt: Millis | null,
    now: Millis,
    out: Outbox,
  ): boolean;
}
