/**
 * How many ids one message lists. A frame over the receiver's limit is refused, and that limit may be lower than this hub's
 * own: so a page fits the least that may be configured, however long the ids are.
 */
import { LEAST_MESSAGE_BYTES } from "../config/hub-config.ts";
import { ID_BYTES } from "../wire/catalog.ts";

/** Frame header, two ids and a few numbers. */
const OVERHEAD_BYTES = 512;
/** Of text up to 16 KiB. */
const PREFIX_BYTES = 2;
/** Of 2⁵³. */
const NUMBER_BYTES = 8;
const ID_AND_NUMBER = PREFIX_BYTES + ID_BYTES + NUMBER_BYTES;
const MESSAGE_ID_BYTES = 64;

const fitting = (bytes: number): number => Math.floor((LEAST_MESSAGE_BYTES - OVERHEAD_BYTES) / bytes);

/** One byte more: announced numbers come as a list of their own. */
export const IDS_PER_MESSAGE = fitting(ID_AND_NUMBER + 1);
/** Each names a message and two hubs. */
export const RECEIPTS_PER_MESSAGE = fitting(PREFIX_BYTES + MESSAGE_ID_BYTES + 2 * ID_AND_NUMBER + NUMBER_BYTES);

export function* pages<T>(items: readonly T[], size: number = IDS_PER_MESSAGE): IterableIterator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
