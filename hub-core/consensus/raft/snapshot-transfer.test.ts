import fc from "fast-check";
import { expect, test } from "vitest";
import { SNAPSHOT_PART_BYTES } from "../../wire/consensus-messages.ts";
import { SnapshotAssembly, SnapshotTransfer } from "./snapshot-transfer.ts";

const SIZE = 10 * SNAPSHOT_PART_BYTES + 5;
const bytes = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7) % 251);
const about = { index: 9, snapshotTerm: 2, size: SIZE };

test("RAFT-33: four parts are on their way, then one for each that has come", () => {
  const transfer = new SnapshotTransfer(9, 2, bytes);
  expect(transfer.next().map(({ offset }) => offset / SNAPSHOT_PART_BYTES)).toEqual([0, 1, 2, 3]);
  expect(transfer.next()).toEqual([]);
  transfer.acknowledged(2 * SNAPSHOT_PART_BYTES);
  expect(transfer.next().map(({ offset }) => offset / SNAPSHOT_PART_BYTES)).toEqual([4, 5]);
  transfer.rewind();
  expect(transfer.next()[0]?.offset).toBe(2 * SNAPSHOT_PART_BYTES);
});

test("RAFT-33: a follower that has started anew gets it from the beginning again", () => {
  const transfer = new SnapshotTransfer(9, 2, bytes);
  transfer.next();
  transfer.acknowledged(3 * SNAPSHOT_PART_BYTES);
  transfer.next();
  transfer.acknowledged(0);
  transfer.rewind();
  expect(transfer.next()[0]?.offset).toBe(0);
});

test("RAFT-20: an answer for more than there is changes nothing", () => {
  const transfer = new SnapshotTransfer(9, 2, bytes);
  transfer.next();
  transfer.acknowledged(SIZE + 1);
  expect(transfer.next()).toEqual([]);
});

test("RAFT-33: whatever is lost, doubled or late, and though the follower starts anew, it arrives whole", () => {
  const event = fc.record({
    lose: fc.boolean(),
    twice: fc.boolean(),
    reverse: fc.boolean(),
    anew: fc.integer({ max: 7, min: 0 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const transfer = new SnapshotTransfer(9, 2, bytes);
      let assembly = new SnapshotAssembly();
      const plain = { lose: false, twice: false, reverse: false, anew: 1 };
      for (let i = 0; i < events.length + 40; i++) {
        const { lose, twice, reverse, anew } = events[i] ?? plain;
        if (anew === 0) assembly = new SnapshotAssembly();
        const sent = transfer.next();
        const arriving = [...(lose ? sent.slice(1) : sent), ...(twice ? sent : [])];
        for (const part of reverse ? arriving.reverse() : arriving) {
          const { offset, whole } = assembly.take(5, { ...about, ...part });
          if (whole) {
            expect(Buffer.compare(whole, bytes)).toBe(0);
            return;
          }
          transfer.acknowledged(offset);
        }
        transfer.rewind();
      }
      throw new Error("it never arrived");
    }),
  );
});

test("RAFT-33: a snapshot of another leader, or another one, begins again", () => {
  const assembly = new SnapshotAssembly();
  const part = { offset: 0, part: bytes.slice(0, 100) };
  expect(assembly.take(5, { ...about, ...part }).offset).toBe(100);
  expect(assembly.take(6, { ...about, ...part, offset: 100 }).offset).toBe(0);
  expect(assembly.take(6, { ...about, ...part }).offset).toBe(100);
  expect(assembly.take(6, { ...about, ...part, index: 10, offset: 100 }).offset).toBe(0);
});

test("RAFT-20: parts past its size, empty ones, or more than any snapshot are not kept", () => {
  const assembly = new SnapshotAssembly();
  expect(assembly.take(5, { ...about, size: 10, offset: 0, part: bytes.slice(0, 11) })).toEqual({
    offset: 0,
    whole: null,
  });
  expect(assembly.take(5, { ...about, size: 0, offset: 0, part: new Uint8Array() })).toEqual({
    offset: 0,
    whole: null,
  });
  expect(assembly.take(5, { ...about, size: 2 ** 40, offset: 0, part: bytes.slice(0, 9) })).toEqual({
    offset: 0,
    whole: null,
  });
  expect(assembly.take(5, { ...about, size: 9, offset: 5, part: bytes.slice(0, 4) })).toEqual({
    offset: 0,
    whole: null,
  });
});
