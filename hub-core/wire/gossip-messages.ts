import { id, rumor } from "./catalog.ts";
import { list, nullable, struct, text, uint, variant } from "./codec.ts";

export const MAX_RUMORS = 1_024;
const MAX_IDS = 1_024;
const MAX_VECTOR_ENTRIES = 512;
const MAX_RECEIPTS = 256;

/** Numbers of the messages that arrived: bit i of `mask` stands for `upTo` − i. `upTo` 0: none yet. */
const ack = struct({ upTo: uint, mask: uint });

/**
 * A rumor on its way. `hops`: links travelled when it arrives. `gap`: nothing of its origin between `seq` − `gap` and
 * `seq` matters any more, so a hub that is complete up to there is complete up to here; 0 claims nothing.
 */
const spread = struct({ rumor, hops: uint, gap: uint });

const idsOfOrigin = struct({ origin: id, seqs: list(uint, MAX_IDS) });

const vectorEntry = struct({ origin: id, upTo: uint });
const vectorEntries = list(vectorEntry, MAX_VECTOR_ENTRIES);

/** `number` counts the acknowledged messages of one hub to one peer. */
const numbered = { number: uint, ack };

export const gossipMessages = {
  /** Plumtree GOSSIP: whole rumors along the tree, or in answer to a graft. */
  "gossip-push": variant(30, { ...numbered, rumors: list(spread, MAX_RUMORS) }),
  /** Plumtree IHAVE: ids only, to those outside the tree and those that confirmed nothing. */
  "gossip-have": variant(31, { ...numbered, origins: list(idsOfOrigin, MAX_IDS) }),
  /** Plumtree GRAFT: send me these, and push me what follows of their origins. */
  "gossip-graft": variant(32, { ids: list(struct({ origin: id, seq: uint }), MAX_IDS) }),
  /** Plumtree PRUNE: what you push of these origins, I have from others. */
  "gossip-prune": variant(33, { origins: list(id, MAX_IDS) }),
  "gossip-ack": variant(34, { ack }),
  /** All numbers up to this were sent: acknowledge what came, and the rest is known to be lost. */
  "gossip-sent": variant(35, { number: uint }),
  /** Are we equal? Answered only when not. */
  "gossip-digest": variant(36, { first: uint, second: uint }),
  /** What the sender is complete to, for every origin in (after, through] by id; null: no bound. */
  "gossip-vector": variant(37, { after: nullable(id), through: nullable(id), entries: vectorEntries }),
  /** The next page of the vector, past this origin. */
  "gossip-vector-next": variant(38, { after: id }),
  /** What the sender is complete to, for these origins alone. */
  "gossip-advance": variant(39, { entries: vectorEntries }),
  /** Send what follows, for these origins. */
  "gossip-want": variant(40, { entries: vectorEntries }),
  /** Every change of `origin` in (after, upTo] that still matters. `hops` stands beside each rumor. */
  "gossip-range": variant(41, {
    ...numbered,
    origin: id,
    after: uint,
    upTo: uint,
    rumors: list(struct({ rumor, hops: uint }), MAX_RUMORS),
  }),
} as const;

/** `afterMs`: from the start of the test to its arrival, by the receiver's clock, never negative. */
const receipt = struct({ messageId: text(64), origin: id, hubId: id, afterMs: uint, hops: uint, handOvers: uint });

/** Receipts of test messages: handed from hub to hub, each hand-over acknowledged. */
export const receiptMessages = {
  "test-receipts": variant(45, { number: uint, receipts: list(receipt, MAX_RECEIPTS) }),
  "test-receipts-ack": variant(46, { number: uint }),
} as const;
