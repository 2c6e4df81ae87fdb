/** A state as it travels, and back. Equal states have one form, so equal bytes are equal states. */
import { hash32 } from "../../common/random.ts";
import type { StateRecord } from "../../wire/catalog.ts";
import { recordBody } from "../../wire/catalog.ts";
import { encode } from "../../wire/codec.ts";
import type { Contribution } from "../../wire/state-records.ts";
import { NEWEST_VERSION } from "../../wire/versions.ts";
import { CausalContext } from "../clocks/causal-context.ts";
import { type Actor, compareDots } from "../clocks/dot.ts";
import type { Stamp } from "../clocks/hybrid-logical-clock.ts";
import { type KeyState, stateOf } from "../types/key-state.ts";

export function toContribution({ context, entries, tallies }: KeyState): Contribution {
  const vector = new Map(context.vector());
  const cloud = context.cloud();
  const ordered = [...entries.values()].sort((a, b) => compareDots(a.dot, b.dot));
  const counted = [...tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tally]) => tally);
  const named = [
    ...vector.keys(),
    ...[...cloud, ...ordered.map(({ dot }) => dot), ...counted].map(({ actor }) => actor),
  ];
  const actors = [...new Set(named)].sort();
  const places = new Map(actors.map((actor, place) => [actor, place]));
  const place = (actor: Actor): number => places.get(actor) as number;
  return {
    actors,
    vector: actors.map((actor) => vector.get(actor) ?? 0),
    cloud: cloud.map(({ actor, stamp }) => ({ actor: place(actor), stamp })),
    entries: ordered.map(({ dot, slot, field, value }) => ({
      actor: place(dot.actor),
      stamp: dot.stamp,
      slot,
      field,
      value,
    })),
    tallies: counted.map(({ field, actor, added, taken, addedGone, takenGone }) => ({
      actor: place(actor),
      field,
      added,
      taken,
      addedGone,
      takenGone,
    })),
  };
}

export function fromContribution({ actors, vector, cloud, entries, tallies }: Contribution): KeyState {
  const name = (place: number): Actor => actors[place] as Actor;
  const seen = vector.flatMap((stamp, i): [Actor, Stamp][] => (stamp > 0 ? [[name(i), stamp]] : []));
  const made = entries.map(({ actor, stamp, slot, field, value }) => ({
    dot: { actor: name(actor), stamp },
    slot,
    field,
    value,
  }));
  // Whoever holds an entry has seen it, whatever a careless writer says.
  const dots = [...cloud.map(({ actor, stamp }) => ({ actor: name(actor), stamp })), ...made.map(({ dot }) => dot)];
  return stateOf(
    new CausalContext(seen, dots),
    made,
    tallies.map((tally) => ({ ...tally, actor: name(tally.actor) })),
  );
}

/** The highest stamp in it: what its writer's clock had reached. */
export function newestStamp({ vector, cloud, entries }: Contribution): Stamp {
  let newest = 0;
  for (const stamp of vector) newest = Math.max(newest, stamp);
  for (const { stamp } of [...cloud, ...entries]) newest = Math.max(newest, stamp);
  return newest;
}

/** Undefined when there is more of it than any record holds. */
export function sizeOf(contribution: Contribution): number | undefined {
  const body: StateRecord = { kind: "state", contribution, saidIn: 0 };
  try {
    return encode(recordBody, body, NEWEST_VERSION).length;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** 53 bits over a key and its state: equal for equal ones. */
export function fingerprint(key: string, state: KeyState): number {
  const text = `${key}\n${JSON.stringify(toContribution(state))}`;
  return (hash32(text, 1) & 0x1f_ffff) * 0x1_0000_0000 + hash32(text, 2);
}
