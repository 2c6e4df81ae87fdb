/** One key as this hub knows it: what each hub says of it, and all of that joined. */
import type { HubId, Millis } from "../../common/types.ts";
import type { Contribution } from "../../wire/state-records.ts";
import { covers, EMPTY, isDead, join, type KeyState } from "../types/key-state.ts";
import { fingerprint, fromContribution } from "./contribution.ts";

/** One hub's word of a key. */
export interface Source {
  readonly origin: HubId;
  readonly recordKey: string;
  /** The life of storage in which it was first said. */
  readonly replica: string;
  readonly contribution: Contribution;
  /** The life in which its origin says it. */
  readonly saidIn: string;
  /** When it came here. */
  readonly since: Millis;
}

/** Said for another hub, or for an earlier life of this one. */
export function isOnBehalf({ replica, saidIn }: Source): boolean {
  return replica !== saidIn;
}

export class EventualKey {
  readonly key: string;
  readonly #sources = new Map<string, Source>();
  #state = EMPTY;
  #isDead = true;
  #deadSince: Millis = 0;
  #heardAt: Millis = 0;
  #fingerprint: number | null = null;

  constructor(key: string) {
    this.key = key;
  }

  /** All that was ever heard of it in this run: what a hub says later never takes it back. */
  get state(): KeyState {
    return this.#state;
  }

  /** Nothing to read here. */
  get isDead(): boolean {
    return this.#isDead;
  }

  get deadSince(): Millis {
    return this.#deadSince;
  }

  get fingerprint(): number {
    this.#fingerprint ??= fingerprint(this.key, this.#state);
    return this.#fingerprint;
  }

  get sources(): Iterable<Source> {
    return this.#sources.values();
  }

  /** Nobody says anything of it, and there is nothing to read. */
  get isForgotten(): boolean {
    return this.#sources.size === 0 && this.#isDead;
  }

  /** When the last word of it came, or went. */
  get heardAt(): Millis {
    return this.#heardAt;
  }

  source(origin: HubId, recordKey: string): Source | undefined {
    return this.#sources.get(`${origin}|${recordKey}`);
  }

  /** @returns whether it says less than that hub said before: a hub that lost its storage hears its own words from whoever is first. */
  hear(source: Source): { readonly saysLess: boolean } {
    const before = this.source(source.origin, source.recordKey);
    this.#sources.set(`${source.origin}|${source.recordKey}`, source);
    this.#heardAt = source.since;
    this.#become(join(this.#state, fromContribution(source.contribution)), source.since);
    return { saysLess: before !== undefined && !covers(said([source]), said([before])) };
  }

  silence(origin: HubId, recordKey: string, now: Millis): void {
    this.#sources.delete(`${origin}|${recordKey}`);
    this.#heardAt = now;
  }

  /** Only what others say now counts: this hub's own memory is too old. */
  reset(now: Millis): void {
    this.#become(said(this.#sources.values()), now);
  }

  #become(state: KeyState, now: Millis): void {
    this.#state = state;
    this.#fingerprint = null;
    const dead = isDead(state);
    if (dead && !this.#isDead) this.#deadSince = now;
    this.#isDead = dead;
  }
}

/** What these say together. */
export function said(sources: Iterable<Source>): KeyState {
  let state = EMPTY;
  for (const { contribution } of sources) state = join(state, fromContribution(contribution));
  return state;
}
