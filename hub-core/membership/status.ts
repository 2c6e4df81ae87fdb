/** Membership as `/api/status` shows it. */
import type { Millis } from "../common/types.ts";
import type { MemberState } from "../wire/catalog.ts";
import type { OwnStanding } from "./own-standing.ts";
import type { Shared } from "./shared.ts";
import type { Tribunal } from "./tribunal.ts";

export interface MembershipStatus {
  readonly group: string;
  readonly state: MemberState;
  readonly incarnation: number;
  readonly counts: Record<MemberState, number>;
  readonly neighbours: readonly string[];
  readonly awareness_score: number;
  readonly coordinate: { readonly position_ms: readonly number[]; readonly height_ms: number; readonly error: number };
  readonly refusal: {
    readonly code: string;
    readonly limit: number;
    readonly at: string;
    readonly retry_at: string;
  } | null;
  readonly limits: Readonly<
    Record<"members" | "neighbours" | "queued_updates", { readonly used: number; readonly max: number }>
  >;
  readonly members: readonly MemberStatus[];
}

export interface MemberStatus {
  readonly hub_id: string;
  readonly state: MemberState;
  readonly incarnation: number;
  readonly since_at: string;
  readonly last_heard_at: string;
  readonly linked: boolean;
  readonly rtt_ms: number | null;
  readonly loss: number | null;
  readonly suspicion: {
    readonly accusers: readonly string[];
    readonly closed: number;
    readonly silent_since_at: string;
    readonly fails_at: string;
  } | null;
}

export interface Maxima {
  readonly members: number;
  readonly neighbours: number;
  readonly queuedUpdates: number;
}

export function statusOf(
  shared: Shared,
  own: OwnStanding,
  tribunal: Tribunal,
  neighbours: readonly string[],
  maxima: Maxima,
  now: Millis,
): MembershipStatus {
  const { roster, awareness, vivaldi, news, options } = shared;
  const { position, height, error } = vivaldi.coordinate;
  const { refusal } = own;
  return {
    group: options.group,
    state: own.state,
    incarnation: own.incarnation,
    counts: roster.counts(),
    neighbours,
    awareness_score: awareness.score,
    coordinate: { position_ms: position, height_ms: height, error },
    refusal: refusal && {
      code: refusal.code,
      limit: refusal.limit,
      at: iso(refusal.at),
      retry_at: iso(refusal.retryAt),
    },
    limits: {
      members: { used: roster.size, max: maxima.members },
      neighbours: { used: neighbours.length, max: maxima.neighbours },
      queued_updates: { used: news.size, max: maxima.queuedUpdates },
    },
    members: [...roster.all()].map((member) => {
      const { identity, state, incarnation, since, lastHeardAt, suspicion } = member;
      const quality = shared.links.get(identity.hubId)?.quality;
      return {
        hub_id: identity.hubId,
        state,
        incarnation,
        since_at: iso(since),
        last_heard_at: iso(identity.hubId === shared.selfId ? now : lastHeardAt),
        linked: quality !== undefined,
        rtt_ms: quality?.rttMs ?? null,
        loss: quality?.loss ?? null,
        suspicion: suspicion && {
          accusers: suspicion.accusers,
          closed: suspicion.closedCount(),
          silent_since_at: iso(suspicion.silentSince),
          fails_at: iso(tribunal.deadlineOf(member, now)),
        },
      };
    }),
  };
}

function iso(at: Millis): string {
  return new Date(at).toISOString();
}
