/**
 * The eager links of Plumtree (Leitão 2007, §3), one tree for each origin: the links on which its rumors came first. A tree
 * shared by all origins sends the rumors of most of them round long ways; these are the shortest there are, and cost each
 * origin one flood of the group's few links per hub.
 */
import type { HubId } from "../common/types.ts";

interface Tree {
  /** The peer that brings this origin's rumors; this hub itself where they start in the group. */
  parent: HubId | null;
  /** Links that only announce, at both ends. All others are eager. */
  readonly lazy: Set<HubId>;
}

/** Trees kept; the one unused for longest is forgotten, and its next rumor floods again. */
export const MAX_TREES = 1_024;

export class SpanningTrees {
  readonly #self: HubId;
  readonly #byOrigin = new Map<HubId, Tree>();

  constructor(self: HubId) {
    this.#self = self;
  }

  isEager(origin: HubId, peer: HubId): boolean {
    return !this.#byOrigin.get(origin)?.lazy.has(peer);
  }

  /** This origin's rumors enter the group here: its own, or relayed from another group. */
  root(origin: HubId): void {
    this.#tree(origin).parent = this.#self;
  }

  /** `peer` pushed a rumor of `origin` that was news. What a lazy link still carries says nothing while there is a parent. */
  delivered(origin: HubId, peer: HubId): void {
    const tree = this.#tree(origin);
    if (tree.parent !== null && tree.lazy.has(peer)) return;
    tree.lazy.delete(peer);
    tree.parent = peer;
  }

  /** `peer` pushed a rumor of `origin` that was here. True when it is to be told to stop. */
  redundant(origin: HubId, peer: HubId): boolean {
    const tree = this.#tree(origin);
    // It came otherwise, by a range or a graft, before a parent was known.
    tree.parent ??= peer;
    if (tree.parent === peer) return false;
    tree.lazy.add(peer);
    return true;
  }

  graft(origin: HubId, peer: HubId): void {
    this.#byOrigin.get(origin)?.lazy.delete(peer);
  }

  prune(origin: HubId, peer: HubId): void {
    const tree = this.#tree(origin);
    tree.lazy.add(peer);
    if (tree.parent === peer) tree.parent = null;
  }

  /** The origins that `peer` was the parent for, with the links that could take its place: eager again, to be told so. */
  leave(peer: HubId): Map<HubId, HubId[]> {
    const orphaned = new Map<HubId, HubId[]>();
    for (const [origin, tree] of this.#byOrigin) {
      tree.lazy.delete(peer);
      if (tree.parent !== peer) continue;
      tree.parent = null;
      if (tree.lazy.size > 0) orphaned.set(origin, [...tree.lazy]);
      tree.lazy.clear();
    }
    return orphaned;
  }

  get size(): number {
    return this.#byOrigin.size;
  }

  #tree(origin: HubId): Tree {
    const known = this.#byOrigin.get(origin);
    if (known) {
      this.#byOrigin.delete(origin);
      this.#byOrigin.set(origin, known);
      return known;
    }
    const tree: Tree = { parent: null, lazy: new Set() };
    this.#byOrigin.set(origin, tree);
    for (const oldest of this.#byOrigin.keys()) {
      if (this.#byOrigin.size <= MAX_TREES) break;
      this.#byOrigin.delete(oldest);
    }
    return tree;
  }
}
