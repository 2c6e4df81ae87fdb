/** How the road from one region to another is at the moment. Each direction is a pair of its own. */

export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly rttMs: number;
  /** Beside the round trip of the topology, both ways together. */
  readonly extraMs: number;
  /** 0…1: chance that a chunk has to be sent again. */
  readonly loss: number;
  readonly cut: boolean;
}

export type PairAction =
  | { readonly kind: "cut"; readonly reset: boolean }
  | { readonly kind: "heal" }
  | { readonly kind: "slow"; readonly extraMs: number }
  | { readonly kind: "loss"; readonly loss: number };

export function changed(pair: Pair, action: PairAction): Pair {
  switch (action.kind) {
    case "cut":
      return { ...pair, cut: true };
    case "heal":
      return { ...pair, cut: false, extraMs: 0, loss: 0 };
    case "slow":
      return { ...pair, extraMs: action.extraMs };
    case "loss":
      return { ...pair, loss: action.loss };
  }
}

/** RFC 6298 §2.4 asks for 1 s; stacks in use go down to this. */
const LEAST_RETRANSMISSION_MS = 200;
const MOST_RETRANSMISSIONS = 6;
const JITTER = 0.02;

/** One way, this time. Loss is what TCP makes of it: retransmissions, each after twice the wait of the one before. */
export function oneWayDelay(pair: Pair, random: () => number): number {
  const rtt = pair.rttMs + pair.extraMs;
  let delay = (rtt / 2) * (1 + JITTER * random());
  let wait = Math.max(LEAST_RETRANSMISSION_MS, 2 * rtt);
  for (let sent = 0; sent < MOST_RETRANSMISSIONS && random() < pair.loss; sent++) {
    delay += wait;
    wait *= 2;
  }
  return delay;
}
