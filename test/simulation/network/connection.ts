/** Two ends of one socket. Each end can be open while the other is long gone, as with real ones. */
import type { Millis } from "../../../hub-core/common/types.ts";
import type { LinkId } from "../../../hub-core/hub/contract.ts";
import type { SimHub } from "../sim-hub.ts";

export interface End {
  readonly hub: SimHub;
  /** The run of the hub that owns this end. */
  run: number;
  link: LinkId;
  readonly direction: "out" | "in";
  open: boolean;
  peer: End;
  /** Nothing arrives here before this: the end opens first. */
  readonly opensAt: Millis;
  /** Nothing sent from here later may arrive before this, unless frames are reordered. */
  lastArrival: Millis;
}

export interface Meeting {
  readonly dialler: SimHub;
  readonly acceptor: SimHub;
  readonly links: readonly [out: LinkId, into: LinkId];
  readonly acceptedAt: Millis;
  /** When the dialler learns of it. */
  readonly openedAt: Millis;
}

export function connect(meeting: Meeting): [out: End, into: End] {
  const out = half(meeting.dialler, meeting.links[0], "out", meeting.openedAt);
  const into = half(meeting.acceptor, meeting.links[1], "in", meeting.acceptedAt);
  out.open = false;
  out.peer = into;
  into.peer = out;
  return [out, into];
}

function half(hub: SimHub, link: LinkId, direction: "out" | "in", opensAt: Millis): End {
  const end = { hub, run: hub.run, link, direction, open: true, opensAt, lastArrival: opensAt };
  // Until `connect` ties the two together, an end is its own peer.
  const self: { peer?: End } & typeof end = end;
  self.peer = self as End;
  return self as End;
}
