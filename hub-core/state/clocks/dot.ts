/** One write: who made it, and when by its hybrid logical clock. No two writes have the same dot. */
import type { HubId } from "../../common/types.ts";
import type { Stamp } from "./hybrid-logical-clock.ts";

/** A hub in one life of its storage. A hub that lost its storage has forgotten its stamps, so it is another actor. */
export type Actor = string;

export interface Dot {
  readonly actor: Actor;
  readonly stamp: Stamp;
}

/** `replica`: drawn when the storage was made. */
export function actorOf(hubId: HubId, replica: number): Actor {
  return `${hubId}~${replica.toString(36)}`;
}

export function hubOf(actor: Actor): HubId {
  return actor.slice(0, actor.lastIndexOf("~"));
}

export function dotKey({ actor, stamp }: Dot): string {
  return `${stamp}@${actor}`;
}

/** Null for what is not the text of a dot. */
export function readDot(text: string): Dot | null {
  const found = /^(\d{1,16})@([\w.-]+~[0-9a-z]+)$/.exec(text);
  const stamp = Number(found?.[1]);
  return found && Number.isSafeInteger(stamp) ? { actor: found[2] as string, stamp } : null;
}

/** A total order that agrees with causality: later stamps are higher, and actors break ties. */
export function compareDots(a: Dot, b: Dot): number {
  if (a.stamp !== b.stamp) return a.stamp - b.stamp;
  return a.actor < b.actor ? -1 : a.actor > b.actor ? 1 : 0;
}
