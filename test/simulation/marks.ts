/**
 * Coverage marks: the rare branches a run reached. Every log event of a hub is one, and so is each fault that struck.
 * (The idea: https://ferrous-systems.com/blog/coverage-marks/)
 */
export class Marks {
  readonly #counts = new Map<string, number>();

  reach(mark: string): void {
    this.#counts.set(mark, (this.#counts.get(mark) ?? 0) + 1);
  }

  count(mark: string): number {
    return this.#counts.get(mark) ?? 0;
  }

  /** By name. */
  entries(): [mark: string, count: number][] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
