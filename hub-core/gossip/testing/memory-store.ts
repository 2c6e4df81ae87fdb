/** A `RumorStore` in a few maps, with the semantics that `wire/catalog.ts` states. For tests. */
import { hash32 } from "../../common/random.ts";
import type { HubId } from "../../common/types.ts";
import type { Rumor, RumorStore, VersionVector } from "../../wire/catalog.ts";
import { encodedBytes } from "../rumor-id.ts";

interface Log {
  readonly byKey: Map<string, Rumor>;
  readonly bySeq: Map<number, Rumor>;
  /** Seqs that arrived before what is between them and completeness. */
  readonly ahead: Set<number>;
}

export class MemoryStore implements RumorStore {
  readonly #logs = new Map<HubId, Log>();
  readonly #vector = new Map<HubId, number>();
  /** Every rumor applied, in order: what tests look at. */
  readonly applied: Rumor[] = [];
  /** Rumors that cannot be applied. */
  refuses: (rumor: Rumor) => boolean = () => false;

  /** A change of the owner of this store: it is complete by definition. */
  write(rumor: Rumor): void {
    this.#insert(rumor);
    this.completeUpTo(rumor.origin, rumor.seq);
  }

  apply(rumor: Rumor): "applied" | "stale" | "rejected" {
    if (this.refuses(rumor)) return "rejected";
    if (this.covers(rumor.origin, rumor.seq, rumor.key)) {
      this.#note(rumor.origin, rumor.seq);
      return "stale";
    }
    this.#insert(rumor);
    this.#note(rumor.origin, rumor.seq);
    this.applied.push(rumor);
    return "applied";
  }

  vector(): VersionVector {
    return this.#vector;
  }

  completeTo(origin: HubId): number {
    return this.#vector.get(origin) ?? 0;
  }

  digest(): readonly [number, number] {
    let first = 0;
    let second = 0;
    for (const [origin, upTo] of this.#vector) {
      first = (first ^ hash32(`${origin}:${upTo}`, 1)) >>> 0;
      second = (second ^ hash32(`${origin}:${upTo}`, 2)) >>> 0;
    }
    return [first, second];
  }

  covers(origin: HubId, seq: number, key: string): boolean {
    const log = this.#logs.get(origin);
    const newest = log?.byKey.get(key)?.seq ?? 0;
    return newest >= seq || (this.#vector.get(origin) ?? 0) >= seq;
  }

  get(origin: HubId, seq: number): Rumor | undefined {
    return this.#logs.get(origin)?.bySeq.get(seq);
  }

  newest(origin: HubId, key: string): Rumor | undefined {
    return this.#logs.get(origin)?.byKey.get(key);
  }

  changesSince(origin: HubId, after: number, maxBytes: number): { rumors: Rumor[]; upTo: number; more: boolean } {
    const complete = this.#vector.get(origin) ?? 0;
    const log = this.#logs.get(origin);
    const later = [...(log?.bySeq.values() ?? [])].filter(({ seq }) => seq > after).sort((a, b) => a.seq - b.seq);
    const rumors: Rumor[] = [];
    let bytes = 0;
    for (const rumor of later) {
      bytes += encodedBytes(rumor);
      if (bytes > maxBytes && rumors.length > 0) {
        return { rumors, upTo: Math.min(complete, rumors.at(-1)?.seq ?? after), more: true };
      }
      rumors.push(rumor);
    }
    return { rumors, upTo: complete, more: false };
  }

  completeUpTo(origin: HubId, upTo: number): void {
    if ((this.#vector.get(origin) ?? 0) >= upTo) return;
    this.#vector.set(origin, upTo);
    this.#join(origin);
  }

  #insert(rumor: Rumor): void {
    const log = this.#logs.get(rumor.origin) ?? { byKey: new Map(), bySeq: new Map(), ahead: new Set() };
    this.#logs.set(rumor.origin, log);
    const older = log.byKey.get(rumor.key);
    if (older) log.bySeq.delete(older.seq);
    log.byKey.set(rumor.key, rumor);
    log.bySeq.set(rumor.seq, rumor);
  }

  #note(origin: HubId, seq: number): void {
    if ((this.#vector.get(origin) ?? 0) >= seq) return;
    this.#logs.get(origin)?.ahead.add(seq);
    this.#join(origin);
  }

  #join(origin: HubId): void {
    const ahead = this.#logs.get(origin)?.ahead;
    if (!ahead) return;
    let upTo = this.#vector.get(origin) ?? 0;
    while (ahead.delete(upTo + 1)) upTo += 1;
    for (const seq of ahead) if (seq <= upTo) ahead.delete(seq);
    if (upTo > 0) this.#vector.set(origin, upTo);
  }
}
