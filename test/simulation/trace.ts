/** What happened, as a running hash of everything and the last lines in words. Equal hashes: equal runs, byte for byte. */
import type { Millis } from "../../hub-core/common/types.ts";

export interface TraceEntry {
  readonly at: Millis;
  readonly who: string;
  readonly what: string;
  readonly detail: string | number;
  /** Of the frame, for frames. */
  readonly bytes: number;
}

export class Trace {
  readonly #recent: (TraceEntry | undefined)[];
  readonly #print: ((line: string) => void) | null;
  readonly #clockBits = new Float64Array(1);
  readonly #clockWords = new Uint32Array(this.#clockBits.buffer);
  #count = 0;
  #low = 0x811c9dc5;
  #high = 0x9747b28c;

  constructor(options: { readonly keep?: number; readonly print?: (line: string) => void } = {}) {
    this.#recent = new Array(options.keep ?? 200).fill(undefined);
    this.#print = options.print ?? null;
  }

  get count(): number {
    return this.#count;
  }

  /** 16 hexadecimal digits over all entries so far. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  add(at: Millis, who: string, what: string, detail: string | number = "", frame: Uint8Array | null = null): void {
    const entry = { at, who, what, detail, bytes: frame?.length ?? 0 };
    this.#recent[this.#count % this.#recent.length] = entry;
    this.#count += 1;
    this.#clockBits[0] = at;
    this.#mix(this.#clockWords[0] ?? 0);
    this.#mix(this.#clockWords[1] ?? 0);
    this.#mixText(who);
    this.#mixText(what);
    this.#mixText(String(detail));
    if (frame) for (let i = 0; i < frame.length; i++) this.#mix(frame[i] ?? 0);
    if (this.#print) this.#print(formatEntry(entry));
  }

  /** Oldest first. */
  recent(): TraceEntry[] {
    const start = this.#count % this.#recent.length;
    const inOrder = [...this.#recent.slice(start), ...this.#recent.slice(0, start)];
    return inOrder.filter((entry) => entry !== undefined);
  }

  #mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
    this.#mix(text.length);
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul((this.#high ^ value) + 0x9e3779b9, 0x85ebca6b) ^ (this.#high >>> 15);
  }
}

export function formatEntry(entry: TraceEntry): string {
  const frame = entry.bytes > 0 ? ` [${entry.bytes} B]` : "";
  return `${(entry.at / 1_000).toFixed(4).padStart(12)}  ${entry.who.padEnd(20)} ${entry.what} ${entry.detail}${frame}`;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
