/** Which ids changed at which version, as far back as the journal reaches: for readers that follow a view by what changed. */
export class ChangeJournal<Id> {
  readonly #limit: number;
  /** A ring: entry n stands at n modulo the limit, so versions rise from the oldest entry to the newest. */
  readonly #ids: Id[] = [];
  readonly #versions: number[] = [];
  #written = 0;
  /** Changes up to this version may be forgotten. */
  #forgotten: number;

  /** `since`: the version at which the journal begins. At the limit the oldest entry goes. */
  constructor(limit: number, since: number) {
    this.#limit = Math.max(1, limit);
    this.#forgotten = since;
  }

  /** `version` is no lower than any before. */
  add(version: number, id: Id): void {
    const slot = this.#written % this.#limit;
    if (this.#written >= this.#limit) this.#forgotten = this.#versions[slot] as number;
    this.#ids[slot] = id;
    this.#versions[slot] = version;
    this.#written += 1;
  }

  /** Ids that changed after `version`, the latest first, each once; null when the journal does not reach so far back. */
  since(version: number): readonly Id[] | null {
    if (version < this.#forgotten) return null;
    const found = new Set<Id>();
    const oldest = Math.max(0, this.#written - this.#limit);
    for (let n = this.#written - 1; n >= oldest; n--) {
      const slot = n % this.#limit;
      if ((this.#versions[slot] as number) <= version) break;
      found.add(this.#ids[slot] as Id);
    }
    return [...found];
  }
}
