/** Clients of plain keys: writes with and without a precondition, deletions, reads, lists. All of it goes into the history. */

import type { Json } from "../../../../hub-core/common/types.ts";
import type { ConsensusRequest } from "../../../../hub-core/consensus/index.ts";
import type { Expectation } from "../../../linearizability/operation.ts";
import { operationIn } from "../../consensus/ledger.ts";
import type { SimHub } from "../../sim-hub.ts";
import type { Client } from "./client.ts";
import type { Change } from "./histories.ts";

const KEYS = ["r/0", "r/1", "r/2"] as const;
/** Values that make a log long enough to be compacted. */
const BULK_KEYS = ["bulk/0", "bulk/1"] as const;
const BULK_BYTES = 45_000;
const THINK_MS = 700;
const BURST = 24;
/** The requests of a burst come within about this. */
const BURST_MS = 300;

type StateRequest = Extract<ConsensusRequest, { kind: "state-put" | "state-delete" }>;

export class Registers {
  readonly #client: Client;
  /** The version that this client saw last, by key. */
  readonly #seen = new Map<string, Expectation>();

  constructor(client: Client) {
    this.#client = client;
  }

  start(): void {
    const next = (): void => {
      this.#client.later(THINK_MS, () => {
        if (this.#client.resting) return;
        if (this.#client.idle) return next();
        if (this.#client.random.below(20) === 0) this.#burst(next);
        else this.#act(this.#client.name, next);
      });
    };
    next();
  }

  /** One write of each key's last word, for the end: `done` hears whether it was written. */
  write(hub: SimHub, key: string, done: (written: boolean) => void): void {
    this.#put(hub, `${this.#client.name} at the end`, key, null, null, done);
  }

  read(hub: SimHub, key: string, done: () => void): void {
    this.#get(hub, `${this.#client.name} at the end`, key, "linearizable", done);
  }

  keys(): readonly string[] {
    return [...KEYS, ...BULK_KEYS];
  }

  #burst(done: () => void): void {
    const size = 4 + this.#client.random.below(BURST);
    let open = size;
    for (let at = 0; at < size; at++) {
      this.#client.later(BURST_MS, () =>
        this.#act(`${this.#client.name}.${at}`, () => {
          open -= 1;
          if (open === 0) done();
        }),
      );
    }
  }

  #act(process: string, done: () => void): void {
    const { random } = this.#client;
    const hub = this.#client.hub();
    if (!hub) return done();
    const key = random.pick(KEYS) ?? KEYS[0];
    const roll = random.below(100);
    const ended = (): void => done();
    if (roll < 30) this.#put(hub, process, key, null, null, ended);
    else if (roll < 40) this.#put(hub, process, random.pick(BULK_KEYS) ?? BULK_KEYS[0], null, BULK_BYTES, ended);
    else if (roll < 56) this.#put(hub, process, key, this.#expectation(key), null, ended);
    else if (roll < 64) this.#delete(hub, process, key, ended);
    else if (roll < 86) this.#get(hub, process, key, "linearizable", ended);
    else if (roll < 91) this.#client.repeat(ended);
    else if (roll < 95) this.#get(hub, process, key, "stale", ended);
    else this.#list(hub, process, ended);
  }

  #expectation(key: string): Expectation {
    const seen = this.#seen.get(key);
    return seen === undefined || this.#client.random.below(6) === 0 ? "absent" : seen;
  }

  #put(
    hub: SimHub,
    process: string,
    key: string,
    expect: Expectation | null,
    pad: number | null,
    done: (written: boolean) => void,
  ): void {
    const op = this.#client.histories.nextOperation();
    const value: Json = pad === null ? { op } : { op, pad: "x".repeat(pad) };
    const action: Change =
      expect === null ? { kind: "write", key, value: op } : { kind: "cas", key, value: op, expect };
    const request = {
      kind: "state-put",
      group: this.#client.groupId,
      key,
      value,
      ...(expect === null ? {} : { expect: { version: expect === "absent" ? 0 : expect } }),
    } as const;
    this.#write(hub, process, op, action, request, done);
  }

  #delete(hub: SimHub, process: string, key: string, done: () => void): void {
    const op = this.#client.histories.nextOperation();
    const seen = this.#seen.get(key);
    const expect = typeof seen === "number" && this.#client.random.below(2) === 0 ? seen : null;
    const action: Change = { kind: "delete", key, expect };
    const precondition = expect === null ? {} : { expect: { version: expect } };
    this.#write(
      hub,
      process,
      op,
      action,
      { kind: "state-delete", group: this.#client.groupId, key, ...precondition },
      done,
    );
  }

  #write(
    hub: SimHub,
    process: string,
    op: number,
    action: Change,
    request: StateRequest,
    done: (written: boolean) => void,
  ): void {
    const client = this.#client;
    const { histories, groupId } = client;
    const started = histories.start(groupId, process, action);
    const keyed = client.random.below(2) === 0 ? { ...request, idempotencyKey: client.idempotencyKey() } : request;
    client.insist(hub, keyed, (reply, mayHaveBefore) => {
      const outcome = histories.wrote(groupId, op, action, reply, mayHaveBefore);
      if (outcome.kind === "written") this.#seen.set(action.key, outcome.version);
      if (outcome.kind === "mismatch" && outcome.seen !== null) this.#seen.set(action.key, outcome.seen);
      if (outcome.kind !== "unknown") started.finish(outcome);
      done(outcome.kind === "written");
    });
  }

  #get(hub: SimHub, process: string, key: string, consistency: "linearizable" | "stale", done: () => void): void {
    const client = this.#client;
    const { histories, groupId } = client;
    const atLeast = consistency === "stale" ? consistency : histories.acknowledged(groupId);
    // What a hub has in memory does not outlive its run, so neither does the order of stale reads.
    const session = consistency === "stale" ? `${process} at ${hub.id}/${hub.run}` : process;
    const started = histories.start(groupId, session, { kind: "read", key, consistency });
    client.ask(hub, { kind: "state-get", group: groupId, key, consistency }, (reply) => {
      const outcome = histories.read(groupId, key, reply, atLeast);
      client.world.marks.reach(
        `workload:read-${consistency}-${outcome.kind === "refused" ? outcome.code : outcome.kind}`,
      );
      if (outcome.kind === "found") this.#seen.set(key, outcome.version);
      if (outcome.kind === "absent") this.#seen.set(key, "absent");
      if (outcome.kind !== "unknown") started.finish(outcome);
      done();
    });
  }

  /** A page is a read of every key in it, at one moment. */
  #list(hub: SimHub, process: string, done: () => void): void {
    const client = this.#client;
    const { histories, groupId } = client;
    const read = { kind: "read", consistency: "linearizable" } as const;
    const started = KEYS.map((key) => histories.start(groupId, process, { ...read, key }));
    const request = { kind: "state-list", group: groupId, prefix: "r/", consistency: "linearizable" } as const;
    client.ask(hub, request, (reply) => {
      if (!reply?.ok) return done();
      client.world.marks.reach("workload:listed");
      const { keys } = reply.value as { readonly keys: readonly { key: string; value: Json; version: number }[] };
      KEYS.forEach((key, at) => {
        const found = keys.find((one) => one.key === key);
        const outcome = found
          ? ({ kind: "found", value: operationIn(found.value), version: found.version } as const)
          : ({ kind: "absent" } as const);
        started[at]?.finish(outcome);
      });
      done();
    });
  }
}
