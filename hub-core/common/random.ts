/** Deterministic randomness (sfc32, PractRand-clean): the caller's seed is the only source. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** 0 ≤ x < 2³². */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** 1 ≤ x < 2⁴⁸: a name that nothing else has. */
  uint48(): number {
    return (this.uint32() & 0xffff) * 0x1_0000_0000 + this.uint32() || 1;
  }

  /** 0 ≤ x < 1, 32 bits of it. */
  float(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** 0 ≤ x < bound. */
  below(bound: number): number {
    return Math.floor(this.float() * bound);
  }

  /** `value` ± `fraction` of it. */
  jitter(value: number, fraction: number): number {
    return value * (1 + fraction * (2 * this.float() - 1));
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  /** Fisher–Yates, in place. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = items[i] as T;
      items[i] = items[j] as T;
      items[j] = held;
    }
    return items;
  }

  /** Up to `count` distinct items; the input is left as it was. */
  sample<T>(items: readonly T[], count: number): T[] {
    return this.shuffle([...items]).slice(0, count);
  }
}

/** FNV-1a with a murmur finish: spreads short ids evenly over 2³². */
export function hash32(text: string, salt = 0): number {
  let h = (0x811c9dc5 ^ salt) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
