/** Proposers and operators: writes and ballots with all thresholds, votes in time, late, twice and against each other. */
import type { Reply } from "../../../../hub-core/common/problem.ts";
import type { Standing } from "../../consensus/ballot-box.ts";
import { Violation } from "../../failure.ts";
import type { SimHub } from "../../sim-hub.ts";
import type { Client } from "./client.ts";

const THINK_MS = 2_500;
const KEYS = ["p/0", "p/1"] as const;
const THRESHOLDS = [undefined, 0, 0.5, 0.55, 0.6, 0.67, 0.75, 0.9, 1] as const;

export class Ballots {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  start(): void {
    this.#client.later(THINK_MS, () => {
      if (this.#client.idle) this.start();
      else if (!this.#client.resting) this.#propose();
    });
  }

  #propose(): void {
    const client = this.#client;
    const { random, histories, groupId } = client;
    const hub = client.hub();
    if (!hub) return this.start();
    const op = histories.nextOperation();
    const threshold = random.pick(THRESHOLDS);
    const request = {
      kind: "proposal-create",
      group: groupId,
      proposalKind: random.below(2) === 0 ? "ballot" : "write",
      key: random.pick(KEYS) ?? KEYS[0],
      value: { op },
      timeoutMs: 500 + random.below(7_000),
      ...(threshold === undefined ? {} : { threshold }),
      ...(random.below(4) === 0 ? { expect: { version: random.below(40) } } : {}),
      ...(random.below(2) === 0 ? { idempotencyKey: client.idempotencyKey() } : {}),
    } as const;
    client.insist(hub, request, (reply, mayHaveBefore) => {
      const code = reply === null ? "unknown" : reply.ok ? String(reply.status) : reply.problem.code;
      client.world.marks.reach(`workload:${request.proposalKind}-${code}`);
      if (reply?.ok) this.#proposed(hub, reply);
      else if (reply && reply.problem.status !== 504 && !mayHaveBefore) client.group.ledger.refuse(op, code);
      this.start();
    });
  }

  #proposed(hub: SimHub, reply: Extract<Reply, { ok: true }>): void {
    const { proposal_id: id } = reply.value as Standing;
    if (!this.#client.group.ledger.ballots.has(id))
      throw new Violation("acknowledged-is-committed", `${hub.id} acknowledged ${id}, which is not in the log`);
    const votes = this.#client.random.below(5);
    for (let vote = 0; vote < votes; vote++) this.#client.later(1_500, () => this.#vote(id));
    this.#client.later(4_000, () => this.#look(id));
  }

  #vote(proposalId: string): void {
    const client = this.#client;
    const hub = client.hub();
    if (!hub || client.resting) return;
    const vote = client.random.below(3) === 0 ? "no" : "yes";
    client.ask(hub, { kind: "proposal-vote", proposalId, vote, reason: "as it pleased" }, (reply) => {
      const code = reply === null ? "unknown" : reply.ok ? "counted" : reply.problem.code;
      client.world.marks.reach(`workload:vote-${code}`);
    });
  }

  /** What a hub tells of a proposal is what the log says of it, once it has got that far. */
  #look(proposalId: string): void {
    const client = this.#client;
    const hub = client.hub();
    if (!hub) return;
    client.ask(hub, { kind: "proposal-get", proposalId }, (reply) => {
      if (reply?.ok) client.world.marks.reach(`workload:proposal-${(reply.value as Standing).state}`);
    });
  }
}
