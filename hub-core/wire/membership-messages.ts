/** What membership says on a link. Numbers are small on purpose: an idle probe is five bytes each way. */
import { id, leadership } from "./catalog.ts";
import {
  bool,
  type Codec,
  type Decoded,
  list,
  nullable,
  oneOf,
  type Reader,
  scaled,
  since,
  struct,
  uint,
  union,
  variant,
  type Writer,
} from "./codec.ts";
import { hubIdentity } from "./link-messages.ts";

/** Serf's choice: more dimensions than eight no longer lower the error. */
export const COORDINATE_DIMENSIONS = 8;

export const MAX_PIGGYBACK = 8;
export const MAX_NEWS = 64;

/** Tenths of a millisecond, so that a position takes two bytes per dimension. */
const tenths = scaled(10);

const position: Codec<readonly number[]> = {
  write: (w, value) => {
    for (let i = 0; i < COORDINATE_DIMENSIONS; i++) tenths.write(w, value[i] ?? 0);
  },
  read: (r) => Array.from({ length: COORDINATE_DIMENSIONS }, () => tenths.read(r)),
};

/** A Vivaldi coordinate, in milliseconds; `error` is relative, 0 (sure) … 1.5 (new). */
export const networkCoordinate = struct({
  position,
  height: tenths,
  adjustment: tenths,
  error: scaled(100),
});
export type Coordinate = Decoded<typeof networkCoordinate>;

/**
 * Why a hub is suspected: `silence`, it answers neither this hub nor those who were asked to try; `closed`, its socket
 * closed without a goodbye and it cannot be dialled.
 */
export const EVIDENCE = ["silence", "closed"] as const;
export type Evidence = (typeof EVIDENCE)[number];

/** One piece of news about one member. */
export const memberUpdate = union({
  alive: variant(1, {
    hub: hubIdentity,
    incarnation: uint,
    instance: uint,
    joining: bool,
    coordinate: nullable(networkCoordinate),
    /** Why a hub that stands in for its parent is a member of the parent's group; null for those who belong there anyway. */
    standsIn: since(2, nullable(leadership), null),
  }),
  suspect: variant(2, {
    hubId: id,
    incarnation: uint,
    from: id,
    evidence: oneOf(EVIDENCE),
    /** How long the accuser had gone unanswered when this was sent: clocks are not compared. */
    silentMs: uint,
  }),
  failed: variant(3, { hubId: id, incarnation: uint }),
  left: variant(4, { hubId: id, incarnation: uint }),
  /** The parent has no room: to the others as good as `left`. */
  refused: variant(5, { hubId: id, incarnation: uint, limit: uint }),
});
export type MemberUpdate = Decoded<typeof memberUpdate>;

/** Two uint32 over the live members. */
const viewDigest: Codec<readonly [number, number]> = {
  write: (w, [high, low]) => {
    writeUint32(w, high);
    writeUint32(w, low);
  },
  read: (r) => [readUint32(r), readUint32(r)],
};

const piggyback = list(memberUpdate, MAX_PIGGYBACK);

export const membershipMessages = {
  ping: variant(10, { seq: uint, coordinate: nullable(networkCoordinate), updates: piggyback }),
  ack: variant(11, { seq: uint, coordinate: nullable(networkCoordinate), updates: piggyback }),
  /** Try `target` for me. */
  "ping-request": variant(12, { seq: uint, target: id }),
  /** The outcome: `heard` false is Lifeguard's nack, which at least proves that the helper is well. */
  relayed: variant(13, { seq: uint, heard: bool }),
  news: variant(14, { updates: list(memberUpdate, MAX_NEWS) }),
  /** `answer`: sent because yours differs; it is not answered by another digest. */
  "view-digest": variant(15, { digest: viewDigest, answer: bool }),
  view: variant(16, { members: list(memberUpdate, MAX_NEWS), last: bool }),
  "join-refused": variant(17, { code: oneOf(["capacity_exhausted"]), limit: uint }),
} as const;

function writeUint32(w: Writer, value: number): void {
  for (let shift = 0; shift < 32; shift += 8) w.u8((value >>> shift) & 0xff);
}

function readUint32(r: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 32; shift += 8) value |= r.u8() << shift;
  return value >>> 0;
}
