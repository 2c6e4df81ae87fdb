/**
 * Protocol versions. A hub speaks with its neighbour in the newest version that both know, and always knows the one before.
 *   1: the first.
 *   2: frames may be compressed; link records carry utilisation, cluster records the time of what was asked of them,
 *      withdrawals what they yield to, hub records what the hub coordinates; a stand-in says in whose place it comes; groups
 *      agree on things, and messages may come in parts.
 *      There are records of eventual state, which version 1 carries as withdrawals.
 * Which message came with which version is in `messages.ts`.
 */
export const OLDEST_VERSION = 1;
export const NEWEST_VERSION = 2;
export const COMPRESSION_SINCE = 2;
export const STAND_IN_SINCE = 2;

export interface VersionRange {
  readonly oldest: number;
  readonly newest: number;
}

/** The version for a link, or null when the two have none in common. */
export function negotiate(ours: VersionRange, theirs: VersionRange): number | null {
  const common = Math.min(ours.newest, theirs.newest);
  return common >= ours.oldest && common >= theirs.oldest ? common : null;
}
