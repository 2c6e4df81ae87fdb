/** A key as it is held. Never changed: a put makes another. */
export interface StoredKey {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /**
   * The revision of the last change, so no version of a key comes twice, not even when it was deleted and created again
   * in between.
   */
  readonly version: number;
  readonly createdAt: number;
  /**
   * The fencing token: the revision at which the present holder came by the key. It was created then, or passed to another
   * lease, or to none.
   */
  readonly heldSince: number;
  readonly lease: string | null;
  /** Of key and value in UTF-8. */
  readonly bytes: number;
}

export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    // Each half of a surrogate pair is two of its four bytes; one that stands alone is written as U+FFFD, three.
    bytes += code < 0x800 || isPaired(text, i, code) ? 1 : 2;
  }
  return bytes;
}

function isPaired(text: string, i: number, code: number): boolean {
  if (code >= 0xd800 && code < 0xdc00) return (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
  return code >= 0xdc00 && code < 0xe000 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800;
}
