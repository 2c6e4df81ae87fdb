/** The machine that reads the records of eventual state, which the registry only keeps. */
import type { Outbox } from "../common/outbox.ts";
import type { HubId, Millis } from "../common/types.ts";
import type { RecordBody, Rumor } from "../wire/catalog.ts";

export interface StateReader {
  /** False while a record cannot be taken: it comes again. */
  admits(rumor: Rumor, now: Millis): boolean;
  /** The body under `key` of `origin`, this hub's own included, is now this; null when it is gone. */
  changed(origin: HubId, key: string, body: RecordBody | null, now: Millis): void;
  /** This hub comes back after so long that what was removed meanwhile may have been forgotten. */
  awayTooLong(now: Millis, out: Outbox): void;
}
