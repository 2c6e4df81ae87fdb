/** Requests that wait for a key to change (long polls): answered at once when there is news, else when there is, or in time. */
import { answered, type Reply, refused } from "../common/problem.ts";
import type { GroupId, Millis } from "../common/types.ts";
import type { ChangesPage, KeyValues } from "../wire/key-values.ts";

interface Watching {
  readonly page: ChangesPage;
  readonly until: Millis;
  readonly finish: (reply: Reply) => void;
}

export const MAX_WATCHERS = 1_024;

export class Watchers {
  readonly #group: GroupId;
  readonly #keyValues: KeyValues;
  #watching: Watching[] = [];
  #seen = 0;

  constructor(group: GroupId, keyValues: KeyValues) {
    this.#group = group;
    this.#keyValues = keyValues;
  }

  get waiting(): number {
    return this.#watching.length;
  }

  nextDeadline(): Millis {
    return this.#watching.reduce((next, { until }) => Math.min(next, until), Number.POSITIVE_INFINITY);
  }

  submit(watching: Watching): void {
    const news = this.#newsFor(watching.page);
    if (news) return watching.finish(news);
    if (this.#watching.length >= MAX_WATCHERS) {
      const detail = `this hub has ${MAX_WATCHERS} watchers of group ${this.#group}: watch through another hub`;
      return watching.finish(refused(429, "too_many_watchers", detail, { limits: { max_watchers: MAX_WATCHERS } }));
    }
    this.#watching.push(watching);
  }

  /** After entries were applied. */
  applied(): void {
    if (this.#keyValues.revision === this.#seen) return;
    this.#seen = this.#keyValues.revision;
    this.#watching = this.#watching.filter(({ page, finish }) => {
      const news = this.#newsFor(page);
      if (news) finish(news);
      return !news;
    });
  }

  expire(now: Millis): void {
    this.#watching = this.#watching.filter(({ page, until, finish }) => {
      if (until > now) return true;
      // What others changed up to here does not concern it, and need not be looked through again.
      finish(answered({ changes: [], revision: Math.max(page.since, this.#keyValues.revision), group: this.#group }));
      return false;
    });
  }

  #newsFor(page: ChangesPage): Reply | null {
    const reply = this.#keyValues.changes(page);
    return reply.ok && reply.value.changes.length === 0 ? null : reply;
  }
}

export function revisionUnknown(since: number, revision: number): Reply<never> {
  const detail = `The group is at revision ${revision}, and you asked for changes after ${since}, which is none of it. List the keys, and watch from the revision that the list tells.`;
  return refused(410, "revision_unknown", detail, { revision });
}
