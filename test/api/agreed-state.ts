/** Stands in for the groups' consensus and state behind the edge: one hub that agrees with itself, in the words of docs/API.md. */

import { answered, type Reply, refused } from "../../hub-core/common/problem.ts";
import type { Json } from "../../hub-core/common/types.ts";
import type { Expectation, Fence } from "../../hub-core/consensus/requests.ts";
import type { Question } from "../../workers/hubs/index.ts";

interface Stored {
  readonly value: Json;
  readonly version: number;
  readonly revision: number;
  readonly lease: string | null;
}

const AT = "2026-01-01T00:00:00.000Z";
const HUB = "global-hub";
const GROUPS = ["global", "us-east"];

export class AgreedState {
  readonly #groups = new Map(GROUPS.map((id) => [id, { keys: new Map<string, Stored>(), revision: 0 }]));
  readonly #eventual = new Map<string, Json>();
  readonly #proposals = new Map<string, Record<string, unknown>>();
  readonly #leases = new Map<string, Record<string, unknown>>();
  readonly #outcomes = new Map<string, Reply>();

  /** Undefined: another machine's question. */
  ask(question: Question): Reply | undefined {
    const key = "idempotencyKey" in question ? question.idempotencyKey : undefined;
    const first = key === undefined ? undefined : this.#outcomes.get(key);
    if (first) return first;
    const reply = this.#answer(question);
    if (key !== undefined && reply?.ok) this.#outcomes.set(key, reply);
    return reply;
  }

  /** Everything that a request could have changed. */
  contents(): unknown {
    const groups = [...this.#groups].map(([id, { keys, revision }]) => [id, revision, [...keys]]);
    return structuredClone([groups, [...this.#eventual], [...this.#proposals], [...this.#leases]]);
  }

  #answer(question: Question): Reply | undefined {
    switch (question.kind) {
      case "consensus-status":
        return answered({ groups: Object.fromEntries(GROUPS.map((id) => [id, this.#status(id)])) });
      case "vote-statistics":
        return answered({
          voters: [{ hub_id: HUB, yes: 0, no: 0, missed: 0, median_latency_ms: null, last_vote_at: null }],
        });
      case "proposal-create":
        return this.#propose(question);
      case "proposal-list":
        return answered({ proposals: [...this.#proposals.values()], next_cursor: null });
      case "proposal-get":
        return this.#known(this.#proposals, question.proposalId, "proposal_unknown");
      case "proposal-vote":
        return this.#vote(question);
      case "state-put":
        return this.#change(question.group, question, question.value, question.lease ?? null);
      case "state-delete":
        return this.#change(question.group, question, undefined, null);
      case "state-get":
        return this.#get(question);
      case "state-list":
        return this.#list(question);
      case "state-watch":
        return this.#changes(question);
      case "lease-grant":
        return this.#lease(`lease-${this.#leases.size + 1}`, question.group, question.ttlMs, 201);
      case "lease-renew":
      case "lease-get":
        return this.#known(this.#leases, question.lease, "lease_unknown");
      case "lease-revoke":
        return this.#revoke(question);
      case "state-eventual-put":
        this.#eventual.set(question.key, question.op as Json);
        return answered({ key: question.key, value: question.op, consistency: "eventual" });
      case "state-eventual-get":
        return this.#eventual.has(question.key)
          ? answered({ key: question.key, value: this.#eventual.get(question.key), consistency: "eventual" })
          : refused(404, "key_unknown", "no such key");
      case "state-eventual-delete":
        return this.#eventual.delete(question.key)
          ? answered({ key: question.key })
          : refused(404, "key_unknown", "no such key");
      case "state-eventual-list":
        return answered({ keys: [...this.#eventual].map(([key, value]) => ({ key, value })), next_cursor: null });
      case "state-conflicts":
        return answered({ conflicts: [], next_cursor: null });
      default:
        return undefined;
    }
  }

  #group(id: string) {
    const group = this.#groups.get(id);
    if (!group) throw new Error(`the edge asks for a group that it should know not to be there: ${id}`);
    return group;
  }

  #known(of: ReadonlyMap<string, unknown>, id: string, code: string): Reply {
    return of.has(id) ? answered(of.get(id)) : refused(404, code, `nothing is known of ${id}`);
  }

  #change(
    id: string,
    { key, expect, fence }: { key: string; expect?: Expectation; fence?: Fence },
    value: Json | undefined,
    lease: string | null,
  ): Reply {
    const group = this.#group(id);
    const before = group.keys.get(key);
    const version = before?.version ?? 0;
    if (expect && expect.version !== version) return refused(412, "version_mismatch", "another version", { version });
    if (fence && group.keys.get(fence.key)?.revision !== fence.token)
      return refused(412, "fence_lost", "the key is not held with that token");
    if (lease !== null && !this.#leases.has(lease)) return refused(404, "lease_unknown", "no such lease");
    if (value === undefined && !before) return refused(404, "key_unknown", "no such key");
    const revision = ++group.revision;
    if (value === undefined) {
      group.keys.delete(key);
      return answered({ key, revision, group: id });
    }
    group.keys.set(key, { value, version: version + 1, revision, lease });
    const held = lease === null ? {} : { lease_id: lease, fencing_token: revision };
    return answered({ key, value, version: version + 1, revision, group: id, ...held }, before ? 200 : 201);
  }

  #get({ group, key, consistency }: { group: string; key: string; consistency: string }): Reply {
    const stored = this.#group(group).keys.get(key);
    if (!stored) return refused(404, "key_unknown", "no such key");
    const { value, version, revision } = stored;
    return answered({ key, value, version, revision, group, consistency });
  }

  #list({ group, prefix, cursor = "", limit = 100 }: Extract<Question, { kind: "state-list" }>): Reply {
    const { keys, revision } = this.#group(group);
    const found = [...keys]
      .filter(([key]) => key.startsWith(prefix) && key > cursor)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = found.slice(0, limit).map(([key, { value, version }]) => ({ key, value, version }));
    return answered({ keys: page, next_cursor: found.length > limit ? page.at(-1)?.key : null, revision });
  }

  #changes({ group, prefix, since }: { group: string; prefix: string; since: number }): Reply {
    const { keys, revision } = this.#group(group);
    const events = [...keys]
      .filter(([key, stored]) => key.startsWith(prefix) && stored.revision > since)
      .map(([key, { value, version, revision: at }]) => ({ type: "put", key, value, version, revision: at }));
    return answered({ events, revision });
  }

  #lease(id: string, group: string, ttlMs: number, status: number): Reply {
    this.#group(group);
    this.#leases.set(id, { lease_id: id, group, ttl_ms: ttlMs, expires_at: AT });
    return answered(this.#leases.get(id), status);
  }

  #revoke({ group, lease }: { group: string; lease: string }): Reply {
    if (!this.#leases.delete(lease)) return refused(404, "lease_unknown", "no such lease");
    const { keys } = this.#group(group);
    for (const [key, stored] of keys) if (stored.lease === lease) keys.delete(key);
    return answered({}, 204);
  }

  #status(id: string): Record<string, unknown> {
    return {
      role: "leader",
      term: 1,
      leader: HUB,
      voters: [HUB],
      learners: [],
      threshold: 0.6,
      required_votes: 1,
      commit_index: this.#group(id).revision,
      applied_index: this.#group(id).revision,
      log_entries: this.#group(id).revision,
      snapshot_index: 0,
      quiesced: true,
    };
  }

  /** A write is decided at once, a ballot by the only voter. */
  #propose(question: Extract<Question, { kind: "proposal-create" }>): Reply {
    const { group = "global", proposalKind, key, value } = question;
    const id = `proposal-${this.#proposals.size + 1}`;
    const decided = proposalKind === "write";
    if (decided) this.#change(group, { key }, value, null);
    this.#proposals.set(id, {
      proposal_id: id,
      group,
      proposer: HUB,
      kind: proposalKind,
      key,
      value,
      state: decided ? "committed" : "pending",
      threshold: question.threshold ?? 0.6,
      required_votes: 1,
      votes: [],
      created_at: AT,
      expires_at: AT,
      ...(decided ? { decided_at: AT, index: this.#group(group).revision } : {}),
    });
    return answered(this.#proposals.get(id), decided ? 201 : 202);
  }

  #vote({ proposalId, vote, reason }: Extract<Question, { kind: "proposal-vote" }>): Reply {
    const proposal = this.#proposals.get(proposalId);
    if (!proposal) return refused(404, "proposal_unknown", "no such proposal");
    if (proposal.state !== "pending") return refused(409, "already_decided", "decided", { state: proposal.state });
    const votes = [{ hub_id: HUB, vote, at: AT, ...(reason === undefined ? {} : { reason }) }];
    const decided = { state: vote === "yes" ? "committed" : "rejected", decided_at: AT, votes };
    this.#proposals.set(proposalId, { ...proposal, ...decided });
    return answered(this.#proposals.get(proposalId));
  }
}
