/** All that is kept of one linked member of the group. */
import type { HubId, Millis, RegionId } from "../common/types.ts";
import { RangeRequests } from "./range-requests.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { RumorId, RumorKey } from "./rumor-id.ts";
import { SendQueue } from "./send-queue.ts";
import { SendWindow } from "./send-window.ts";

export interface GossipPeer {
  readonly hubId: HubId;
  readonly region: RegionId;
  /** Null until measured. */
  readonly rttMs: number | null;
}

/** Taken for a round trip that has not been measured: across an ocean. */
const UNMEASURED_RTT_MS = 100;
/** RumorIds waiting for one peer; past it the oldest is dropped and left to anti-entropy. */
const MAX_ANNOUNCEMENTS = 2_048;

export class Peer implements GossipPeer {
  readonly hubId: HubId;
  region: RegionId;
  rttMs: number | null;
  readonly queue: SendQueue;
  readonly sending: SendWindow;
  readonly receiving = new ReceiveWindow();
  readonly ranges = new RangeRequests();
  readonly #announcements = new Map<RumorKey, RumorId>();
  /** When what arrived is acknowledged, at the latest. */
  ackAt: Millis = Number.POSITIVE_INFINITY;
  /** Arrived since the last acknowledgement. */
  unacknowledged = { messages: 0, rumors: 0 };
  /** Last time the peer was asked what arrived. */
  askedAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(peer: GossipPeer, queueLimit: number, maxInFlightBytes: number) {
    this.hubId = peer.hubId;
    this.region = peer.region;
    this.rttMs = peer.rttMs;
    this.queue = new SendQueue(queueLimit);
    this.sending = new SendWindow(maxInFlightBytes);
  }

  get roundTripMs(): number {
    return this.rttMs ?? UNMEASURED_RTT_MS;
  }

  update(peer: GossipPeer): void {
    this.region = peer.region;
    this.rttMs = peer.rttMs ?? this.rttMs;
  }

  announceLater(key: RumorKey, id: RumorId): void {
    this.#announcements.set(key, id);
    if (this.#announcements.size <= MAX_ANNOUNCEMENTS) return;
    for (const oldest of this.#announcements.keys()) {
      this.#announcements.delete(oldest);
      return;
    }
  }

  takeAnnouncements(): [RumorKey, RumorId][] {
    const taken = [...this.#announcements];
    this.#announcements.clear();
    return taken;
  }
}
