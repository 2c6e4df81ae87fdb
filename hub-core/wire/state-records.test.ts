import { expect, test } from "vitest";
import { type RecordBody, type Rumor, recordKeys, rumor } from "./catalog.ts";
import { DecodeError, decode, encode } from "./codec.ts";
import { type Contribution, contribution } from "./state-records.ts";
import { NEWEST_VERSION } from "./versions.ts";

const WORD: Contribution = {
  actors: ["a~1", "b~2"],
  vector: [5, 0],
  cloud: [{ actor: 1, stamp: 3 }],
  entries: [{ actor: 0, stamp: 5, slot: "field", field: "f", value: '{"x":1}' }],
  tallies: [{ actor: 1, field: "", added: 4, taken: 1, addedGone: 0, takenGone: 0 }],
};
const said = (body: RecordBody, key = recordKeys.state("1", "x/y")): Rumor => ({
  origin: "a",
  seq: 1,
  key,
  priority: "normal",
  expiresAt: null,
  body,
});

test("STATE-22: words of state come back as they were said; a hub of version 1 hears that the key is free", () => {
  for (const record of [
    said({ kind: "state", contribution: WORD, saidIn: 2 ** 48 - 1 }),
    said({ kind: "state", contribution: null, saidIn: 1 }),
    said({ kind: "state-graves", graves: [1, 2 ** 52], census: 7 }, recordKeys.stateGraves),
  ]) {
    expect(decode(rumor, encode(rumor, record, NEWEST_VERSION), NEWEST_VERSION)).toEqual(record);
    const free = { ...record, body: { kind: "withdrawn", incarnation: 0 } };
    expect(decode(rumor, encode(rumor, record, 1), 1)).toEqual(free);
  }
});

test.each<[string, Partial<Contribution>]>([
  ["an actor that is not in the table", { cloud: [{ actor: 2, stamp: 1 }] }],
  ["a vector of another length", { vector: [1] }],
  ["a value that is not JSON", { entries: [{ actor: 0, stamp: 1, slot: "lww", field: "", value: "{" }] }],
])("WIRE-2: a word with %s is refused", (_, wrong) => {
  const bytes = encode(contribution, { ...WORD, ...wrong }, NEWEST_VERSION);
  expect(decode(contribution, bytes, NEWEST_VERSION)).toBeInstanceOf(DecodeError);
});
