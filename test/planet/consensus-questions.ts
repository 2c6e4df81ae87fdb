/** What the tests of agreement ask of a planet: its keys, its leases, its proposals, who leads. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, type LocalPlanet, type Question, until } from "./local-planet.ts";
import { PATIENCE_MS } from "./questions.ts";

interface GroupStatus {
  readonly term: number;
  readonly leader: string | null;
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly outgoing: readonly string[] | null;
  readonly quorum: { readonly have: number; readonly need: number };
}

interface Proposal {
  readonly state: "pending" | "committed" | "rejected" | "expired";
  readonly required_votes: number;
  readonly votes: readonly { readonly hub_id: string; readonly vote: "yes" | "no"; readonly reason?: string }[];
}

/** A PUT unless said otherwise. */
export function write(planet: LocalPlanet, edge: string, path: string, question: Question = {}): Promise<Answer> {
  return planet.call(edge, path, { method: "PUT", role: "operator", ...question });
}

/** As an administrator, as decisions about the federation itself need one. */
export async function propose(planet: LocalPlanet, edge: string, proposal: object): Promise<string> {
  const question = { method: "POST", role: "admin", body: proposal } as const;
  const answer = await write(planet, edge, "/api/consensus/proposals", question);
  if (answer.status !== 201 && answer.status !== 202) throw new Error(`propose: ${JSON.stringify(answer)}`);
  return (answer.body as { proposal_id: string }).proposal_id;
}

/** Asked at the edge, until it is decided. */
export function decided(planet: LocalPlanet, edge: string, id: string): Promise<Proposal> {
  return until(`${id} is decided`, PATIENCE_MS, async () => {
    const { status, body } = await planet.call(edge, `/api/consensus/proposals/${id}`);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return (body as Proposal).state !== "pending" && (body as Proposal);
  });
}

/** The group `global`, as a hub of that region knows it. */
export async function globalGroup(planet: LocalPlanet, edge: string): Promise<GroupStatus> {
  const { status, body } = await planet.call(edge, "/api/consensus/status");
  const { global } = (body as { groups?: { global?: GroupStatus } }).groups ?? {};
  if (!global) throw new Error(`${edge} says nothing of the group global: ${status} ${JSON.stringify(body)}`);
  return global;
}

/** The region whose hub leads, as `edge` knows it. */
export async function leadingRegion(planet: LocalPlanet, edge: string): Promise<string> {
  const { leader } = await globalGroup(planet, edge);
  const region = planet.state.regions.find(({ hubs }) => leader !== null && hubs.includes(leader));
  if (!region) throw new Error(`${edge} knows no leader`);
  return region.region;
}

/** All hubs vote, know one leader, and every edge can vouch for what it reads. */
export async function everyoneAgrees(planet: LocalPlanet, voters: number): Promise<void> {
  const edges = planet.state.regions.map(({ region }) => region);
  await until("all edges know one leader and all voters", PATIENCE_MS, async () => {
    const groups = await Promise.all(edges.map((edge) => globalGroup(planet, edge)));
    const [first] = groups;
    const whole = groups.every(
      (group) => group.voters.length === voters && !group.outgoing && group.quorum.have === voters,
    );
    if (whole && first?.leader && groups.every(({ leader, term }) => leader === first.leader && term === first.term))
      return true;
    throw new Error(JSON.stringify(groups.map(({ leader, term, quorum, voters: v }) => ({ leader, term, quorum, v }))));
  });
  for (const edge of edges) {
    await until(`${edge} reads what all agree on`, PATIENCE_MS, async () => {
      return (await planet.call(edge, "/api/state/nobody-wrote-this?consistency=linearizable")).status === 404;
    });
  }
}

/** The name of a region is the name of its own group of hubs as well: both ways of every pair. */
export async function cutApart(planet: LocalPlanet, some: readonly string[], others: readonly string[]): Promise<void> {
  const pairs = some.flatMap((a) => others.map((b) => [a, b] as const));
  await Promise.all(pairs.map(([a, b]) => planet.changeRoad(a, b, { kind: "cut", reset: false })));
}

export async function healAll(planet: LocalPlanet): Promise<void> {
  const regions = planet.state.regions.map(({ region }) => region);
  const pairs = regions.flatMap((a, at) => regions.slice(at + 1).map((b) => [a, b] as const));
  await Promise.all(pairs.map(([a, b]) => planet.changeRoad(a, b, { kind: "heal" })));
}

export interface Held {
  readonly lease: string;
  readonly token: number;
}

/** A lock as it is built from a lease: the key is created with it, by whoever comes first, and its fencing token is what counts. */
export async function lock(planet: LocalPlanet, edge: string, key: string, ttlMs: number): Promise<Held> {
  const granted = await write(planet, edge, "/api/leases", { method: "POST", body: { ttl_ms: ttlMs } });
  if (granted.status !== 201) throw new Error(`no lease: ${JSON.stringify(granted)}`);
  const { lease_id: lease } = granted.body as { lease_id: string };
  return until(`${edge} holds ${key}`, PATIENCE_MS, async () => {
    const renewed = await write(planet, edge, `/api/leases/${lease}`);
    if (renewed.status !== 200) throw new Error(`the lease ended: ${JSON.stringify(renewed)}`);
    const { status, body } = await write(planet, edge, `/api/state/${key}?lease=${lease}`, {
      headers: { "if-none-match": "*" },
      body: edge,
    });
    return status === 201 && { lease, token: (body as { fencing_token: number }).fencing_token };
  });
}

/** Keys under the prefix as an edge lists them, linearizable, page by page. */
export async function listKeys(planet: LocalPlanet, edge: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query = new URLSearchParams({ prefix, limit: "1000", ...(cursor && { cursor }) });
    const { status, body } = await planet.call(edge, `/api/state?${query}`);
    if (status !== 200) throw new Error(`list at ${edge}: ${status} ${JSON.stringify(body)}`);
    const page = body as { readonly keys: readonly { readonly key: string }[]; readonly next_cursor: string | null };
    keys.push(...page.keys.map(({ key }) => key));
    cursor = page.next_cursor;
  }
  return keys;
}

/** Some twenty seconds of what can happen to regions and roads, and then all is whole again. */
export async function hurt(planet: LocalPlanet, voters: number): Promise<void> {
  const regions = planet.state.regions.map(({ region }) => region);
  const without = (...gone: readonly string[]): string[] => regions.filter((region) => !gone.includes(region));
  const leads = (): Promise<string> =>
    until("someone leads", PATIENCE_MS, () => leadingRegion(planet, without()[1] ?? ""));

  const first = await leads();
  planet.kill(first);
  await sleep(2_500);
  await planet.revive(first);
  await everyoneAgrees(planet, voters);

  const second = await leads();
  await cutApart(planet, [second], without(second));
  await sleep(5_000);
  await healAll(planet);
  await everyoneAgrees(planet, voters);

  // The leader reaches some, and others not; and a follower dies meanwhile.
  const third = await leads();
  const [near = "", far = ""] = without(third);
  await cutApart(planet, [third], [near]);
  planet.kill(far);
  await sleep(2_500);
  await planet.revive(far);
  await healAll(planet);
  await everyoneAgrees(planet, voters);

  // Too few for a quorum, one of them the leader's.
  const fourth = await leads();
  const [fifth = ""] = without(fourth);
  planet.kill(fourth);
  planet.kill(fifth);
  await sleep(1_000);
  await Promise.all([planet.revive(fourth), planet.revive(fifth)]);
  await everyoneAgrees(planet, voters);
}
