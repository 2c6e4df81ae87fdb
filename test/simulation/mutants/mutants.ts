/** The teeth of the simulator: bugs that have been made, or nearly, in protocols of this kind. */
import type { Mutant } from "./mutant.ts";

const SMALL = ["--hubs", "6", "--minutes", "1"];
const calm = (...more: string[]): string[] => ["--group", "6", "--minutes", "1", "--clusters", "2", ...more];
const struck = (faults: string, ...more: string[]): string[] => [...SMALL, "--exactly", "--faults", faults, ...more];

export const MUTANTS: readonly Mutant[] = [
  {
    name: "hears that it is suspected and says nothing",
    file: "hub-core/membership/own-standing.ts",
    find: "if (incarnation >= this.#incarnation) this.#refute(update.kind, incarnation, now, out);",
    replace: "if (incarnation < 0) this.#refute(update.kind, incarnation, now, out);",
    scenario: struck("partition,freeze"),
    withinSeeds: 3,
  },
  {
    name: "starts again with the incarnation it had",
    file: "hub-core/hub/identity.ts",
    find: "incarnation: (stored?.incarnation ?? 0) + 1,",
    replace: "incarnation: Math.max(1, stored?.incarnation ?? 0),",
    scenario: struck("crash,eviction"),
    withinSeeds: 3,
  },
  {
    name: "does not store the numbers that it reserves",
    file: "hub-core/hub/identity.ts",
    find: "this.#value = { ...this.#value, seqCeiling: upTo };\n    this.persist();",
    replace: "this.#value = { ...this.#value, seqCeiling: upTo - upTo };",
    scenario: struck("crash,eviction"),
    withinSeeds: 3,
  },
  {
    name: "fails a member that paused for less than the tolerance",
    file: "hub-core/membership/tribunal.ts",
    find: "const minMs = pauseToleranceMs + PAUSE_MARGIN_MS;",
    replace: "const minMs = pauseToleranceMs / 8;",
    scenario: calm("--exactly", "--faults", "pause"),
    withinSeeds: 3,
  },
  {
    name: "never fails anyone",
    file: "hub-core/membership/tribunal.ts",
    find: "if (deadline <= now) this.#fail(suspect.identity.hubId, now, out);",
    replace: "if (deadline < 0) this.#fail(suspect.identity.hubId, now, out);",
    scenario: struck("silent-death,crash"),
    withinSeeds: 3,
  },
  {
    name: "does not redial members that it failed",
    file: "hub-core/membership/seeker.ts",
    find: "if (id !== undefined) out.dial(id);",
    replace: "if (id === options.self.hubId) out.dial(id);",
    scenario: struck("partition"),
    withinSeeds: 3,
  },
  {
    name: "compares no views after a link opens, nor ever",
    file: "hub-core/gossip/anti-entropy.ts",
    find: 'this.#transmitter.send(peer, { kind: "gossip-digest", first, second }, out);',
    replace: 'if (first === second + 1) this.#transmitter.send(peer, { kind: "gossip-digest", first, second }, out);',
    scenario: struck("partition"),
    withinSeeds: 3,
  },
  {
    name: "lets frames leave before its writes are durable",
    file: "test/simulation/runner.ts",
    find: "const commitsBefore = hub.storage.commits;\n    hub.storage.commit(writes);",
    replace: "const commitsBefore = hub.storage.commits;",
    scenario: struck("crash"),
    withinSeeds: 1,
  },
  {
    name: "lets an adoption outbid a removal",
    file: "hub-core/registry/lifetime.ts",
    find: "return incarnation - (incarnation % OWNERS_PER_LIFETIME) + OWNERS_PER_LIFETIME - 1;",
    replace: "return incarnation + 1;",
    scenario: ["--hubs", "9", "--minutes", "2", "--exactly", "--faults", "isolation,silent-death"],
    withinSeeds: 6,
  },
  {
    name: "prefers a record to the tombstone of its incarnation",
    file: "hub-core/registry/cluster-index.ts",
    find: 'if (a.body.incarnation !== b.body.incarnation) return a.body.incarnation > b.body.incarnation;\n  if (a.body.kind !== b.body.kind) return a.body.kind === "tombstone";',
    replace: 'if (a.body.kind !== b.body.kind) return a.body.kind !== "tombstone";',
    scenario: ["--hubs", "9", "--minutes", "2", "--exactly", "--faults", "silent-death,crash", "--clusters", "30"],
    withinSeeds: 3,
  },
  {
    name: "opens links past its limit",
    file: "hub-core/hub/links.ts",
    find: "if (this.#byPeer.size < this.#o.network.maxConnections) return true;",
    replace: "if (this.#byPeer.size < 10_000) return true;",
    scenario: ["--group", "40", "--minutes", "0.5", "--clusters", "2", "--faults", "none"],
    withinSeeds: 2,
  },
  {
    name: "routes to clusters that are down",
    file: "hub-core/routing/rules.ts",
    find: 'if (state === "critical" || !offered.healthy) return verdict("health");',
    replace: 'if (!offered.healthy) return verdict("health");',
    scenario: calm("--faults", "none", "--clusters", "12"),
    withinSeeds: 3,
  },
  {
    name: "routes to clusters that drain",
    file: "hub-core/routing/rules.ts",
    find: 'if (state === "draining") return verdict("drain");',
    replace: 'if (state === "draining" && !offered.healthy) return verdict("drain");',
    scenario: calm("--faults", "none", "--clusters", "12"),
    withinSeeds: 3,
  },
];
