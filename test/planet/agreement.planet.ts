/** What regions agree on, while they are killed and cut off, on real processes: each test leaves the planet whole. */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { check, findingOf } from "../linearizability/check.ts";
import { toLines } from "../linearizability/history-file.ts";
import { Recorder } from "../linearizability/recorder.ts";
import { describeVerdict } from "../linearizability/report.ts";
import {
  cutApart,
  decided,
  everyoneAgrees,
  globalGroup,
  healAll,
  hurt,
  leadingRegion,
  listKeys,
  lock,
  propose,
  write,
} from "./consensus-questions.ts";
import { LocalPlanet, until } from "./local-planet.ts";
import { everyHubSees, hubsNamed, PATIENCE_MS, route } from "./questions.ts";
import { LEDGER, ledgerOf, StrongClient } from "./strong-client.ts";

const REGIONS = ["us-east", "eu-west", "ap-southeast", "sa-east"];
const HUBS = 5;
const VOTERS = 5;
const CLUSTERS = 3;
/** A version of a key is the group's revision of its last change, so it goes up by more than one. */
const VERSIONS = { rewrite: "higher", recreate: "higher" } as const;
const COUNTER = "/api/state/halves/counter?consistency=eventual";
/** A holder that says nothing loses the lock after as long. */
const LEASE_MS = 1_500;
/** Far below `proposal_timeout`, after which anything is told. */
const AT_ONCE_MS = 4_000;

let planet: LocalPlanet;

beforeAll(async () => {
  planet = await LocalPlanet.at(join(import.meta.dirname, "agreement.yaml"));
  await planet.start();
  await everyoneAgrees(planet, VOTERS);
});

afterAll(async () => {
  await planet.remove();
});

test("of many clients at all edges that write on one condition, exactly one does", async () => {
  const key = "/api/state/races/one";
  let headers: Record<string, string> = { "if-none-match": "*" };
  for (let race = 0; race < 5; race++) {
    const runs = REGIONS.flatMap((edge) =>
      [1, 2, 3].map((n) => write(planet, edge, key, { headers, body: `${edge} ${n} ${race}` })),
    );
    const answers = await Promise.all(runs);
    expect(answers.map(({ status }) => status).sort()).toEqual([race === 0 ? 201 : 200, ...Array(11).fill(412)]);
    const won = answers.find(({ status }) => status < 300) as { body: { version: number; value: string } };
    const { version, value } = won.body;
    for (const edge of REGIONS) expect((await planet.call(edge, key)).body).toMatchObject({ version, value });
    headers = { "if-match": `"${version}"` };
  }
});

test("a lock is a key with a lease: tokens go up with each holder, and one who lost it is fenced off", async () => {
  const clients = ["eu-west", "ap-southeast"] as const;
  const tokens: number[] = [];
  let before: { edge: string; token: number } | null = null;
  for (let turn = 0; turn < 4; turn++) {
    const edge = clients[turn % 2] as string;
    // The last holder was killed, so to say: it says nothing any more, and the key goes when its lease does.
    const { lease, token } = await lock(planet, edge, "locks/a", LEASE_MS);
    tokens.push(token);
    const protectedWrite = (by: string, under: number) =>
      write(planet, by, `/api/state/protected?fence=locks/a@${under}`, { body: { by, under } });
    expect((await protectedWrite(edge, token)).status).toBeLessThan(300);
    if (before) {
      const { status, body } = await protectedWrite(before.edge, before.token);
      expect([status, body]).toMatchObject([412, { code: "fenced_off", fencing_token: token }]);
    }
    const other = await write(planet, clients[(turn + 1) % 2] as string, "/api/state/locks/a", {
      headers: { "if-none-match": "*" },
      body: "mine",
    });
    expect(other.status).toBe(412);
    expect((await write(planet, edge, `/api/leases/${lease}`, {})).status).toBe(200);
    if (turn === 2) expect((await write(planet, edge, `/api/leases/${lease}`, { method: "DELETE" })).status).toBe(204);
    before = { edge, token };
  }
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  expect((await planet.call("us-east", "/api/state/protected")).body).toMatchObject({
    value: { under: tokens.at(-1) },
  });
});

test("ballots: accepted by the hubs, rejected by their reasons or by operators, all votes told", async () => {
  const accepted = await decided(
    planet,
    "us-east",
    await propose(planet, "sa-east", { kind: "ballot", key: "ballots/a", value: "yes" }),
  );
  expect(accepted).toMatchObject({ state: "committed", required_votes: 3, index: expect.any(Number) });
  expect(accepted.votes.filter(({ vote }) => vote === "yes").length).toBeGreaterThanOrEqual(3);
  for (const edge of REGIONS)
    expect((await planet.call(edge, "/api/state/ballots/a")).body).toMatchObject({ value: "yes" });

  const judged = await propose(planet, "eu-west", {
    kind: "ballot",
    key: "mpreg/regions/eu-west",
    value: { state: "removed" },
  });
  expect(await decided(planet, "us-east", judged)).toMatchObject({ state: "rejected" });
  expect((await decided(planet, "us-east", judged)).votes).toContainEqual(
    expect.objectContaining({ vote: "no", reason: expect.stringContaining("1 clusters of eu-west are in service") }),
  );

  // Hubs leave operators a second; on a busy machine one may be later than that.
  const vetoed = await until("an operator votes before its hub", PATIENCE_MS, async () => {
    const id = await propose(planet, "us-east", { kind: "ballot", key: "ballots/b", value: 1, threshold: 1 });
    const path = `/hubs/regional-ap/api/consensus/proposals/${id}/votes`;
    const vote = await write(planet, "ap-southeast", path, {
      method: "POST",
      body: { vote: "no", reason: "not on a Friday" },
    });
    return vote.status === 200 ? id : null;
  });
  const rejected = await decided(planet, "us-east", vetoed);
  expect(rejected).toMatchObject({ state: "rejected", required_votes: 5 });
  expect(rejected.votes).toContainEqual(
    expect.objectContaining({ hub_id: "regional-ap", vote: "no", reason: "not on a Friday", by: "operator" }),
  );
  const late = await write(planet, "sa-east", `/hubs/regional-sa/api/consensus/proposals/${vetoed}/votes`, {
    method: "POST",
    body: { vote: "yes" },
  });
  expect([late.status, late.body]).toMatchObject([409, { code: "already_decided" }]);
  expect((await planet.call("sa-east", "/api/state/ballots/b")).status).toBe(404);
});

test("a region that the federation removes is gone from the others and from routes, until it is added again", async () => {
  const others = REGIONS.filter((region) => region !== "eu-west");
  const removal = { kind: "ballot", group: "global", key: "mpreg/regions/eu-west" };
  await decided(
    planet,
    "us-east",
    await propose(planet, "us-east", { ...removal, value: { state: "removed", force: true } }),
  );
  for (const region of others) {
    await until(`${region} knows no hub of eu-west any more`, PATIENCE_MS, async () => {
      const { hubs } = await planet.registry(region);
      const { voters } = await globalGroup(planet, region);
      const present = hubs.filter((hub) => hub.region === "eu-west" && hub.state !== "left");
      return present.length === 0 && !voters.includes("regional-eu");
    });
    // Its clusters, which still answer their checks, are another hub's now, as when their hub had died.
    await until(`${region} names no hub of eu-west`, PATIENCE_MS, async () => {
      return !hubsNamed(await route(planet, region, "checkout", "London")).includes("regional-eu");
    });
  }
  expect((await write(planet, "us-east", "/api/state/without", { body: 1 })).status).toBe(201);

  await decided(planet, "us-east", await propose(planet, "us-east", { ...removal, value: { state: "active" } }));
  await everyHubSees(planet, { alive: HUBS, clusters: CLUSTERS });
  await until("Londoners are sent to a hub of theirs again", PATIENCE_MS, async () => {
    return (await route(planet, "us-east", "checkout", "London")).chosen.hub_id === "regional-eu";
  });
  await everyoneAgrees(planet, VOTERS);
  expect((await planet.call("eu-west", "/api/state/without?consistency=linearizable")).body).toMatchObject({
    value: 1,
  });
});

test("of two halves the one with the votes goes on, the other says at once that it cannot, and counters add up", async () => {
  const [majority, minority] = [REGIONS.slice(0, 2), REGIONS.slice(2)];
  await cutApart(planet, majority, minority);
  try {
    for (const edge of majority) {
      await until(`${edge} accepts writes`, PATIENCE_MS, async () => {
        return (await write(planet, edge, `/api/state/halves/${edge}`, { body: edge })).status < 300;
      });
    }
    for (const edge of minority) {
      const refusal = { code: "no_quorum", quorum: { have: 2, need: 3 } };
      await until(`${edge} knows that it cannot`, PATIENCE_MS, async () => {
        return (await globalGroup(planet, edge)).quorum.have === refusal.quorum.have;
      });
      const since = performance.now();
      const { status, body } = await write(planet, edge, "/api/state/halves/refused", { body: edge });
      expect([status, body]).toMatchObject([503, refusal]);
      const read = await planet.call(edge, "/api/state/halves/us-east?consistency=linearizable");
      expect([read.status, read.body]).toMatchObject([503, refusal]);
      expect(performance.now() - since).toBeLessThan(AT_ONCE_MS);
    }
    // Everyone must vote, and two cannot.
    const ballot = await propose(planet, "us-east", {
      kind: "ballot",
      key: "halves/all",
      value: 1,
      threshold: 1,
      timeout_ms: 3_000,
    });
    for (const [index, edge] of REGIONS.entries()) {
      const body = { type: "counter", op: "increment", by: index + 1 };
      expect((await write(planet, edge, COUNTER, { body })).status).toBeLessThan(300);
    }
    const expired = await decided(planet, "us-east", ballot);
    expect(expired).toMatchObject({ state: "expired", required_votes: 5 });
    expect(expired.votes.map(({ hub_id }) => hub_id).sort()).toEqual(["global-hub", "regional-eu", "regional-us"]);
  } finally {
    await healAll(planet);
  }
  for (const edge of REGIONS) {
    await until(`${edge} has counted what all did`, PATIENCE_MS, async () => {
      return ((await planet.call(edge, COUNTER)).body as { value: number }).value === 1 + 2 + 3 + 4;
    });
  }
  await everyoneAgrees(planet, VOTERS);
  for (const edge of REGIONS) {
    const { status } = await planet.call(edge, "/api/state/halves/refused?consistency=linearizable");
    expect([edge, status]).toEqual([edge, 404]);
    expect((await planet.call(edge, "/api/state/halves/us-east")).body).toMatchObject({ value: "us-east" });
  }
});

test("the leader's region dies under load: others lead, and what was acknowledged is there", async () => {
  const victim = await leadingRegion(planet, "us-east");
  const edges = REGIONS.filter((region) => region !== victim);
  const acknowledged: string[] = [];
  let over = false;
  let killedAt = Number.POSITIVE_INFINITY;
  let firstAfterMs = Number.POSITIVE_INFINITY;
  const clients = Array.from({ length: 16 }, async (_, client) => {
    const edge = edges[client % edges.length] as string;
    for (let n = 0; !over; n++) {
      const askedAt = performance.now();
      // What came to no answer counts for nothing.
      const answer = await write(planet, edge, `/api/state/load/${client}/${n}`, { body: n }).catch(() => null);
      if (answer?.status !== 201) await sleep(100);
      else {
        acknowledged.push(`load/${client}/${n}`);
        if (askedAt > killedAt) firstAfterMs = Math.min(firstAfterMs, performance.now() - killedAt);
      }
    }
  });
  await sleep(1_000);
  const before = acknowledged.length;
  planet.kill(victim);
  killedAt = performance.now();
  try {
    const acknowledgedAgain = async (): Promise<boolean> => firstAfterMs < PATIENCE_MS;
    await until("a write that came after the death is acknowledged", PATIENCE_MS, acknowledgedAgain);
    await sleep(1_000);
  } finally {
    over = true;
    await Promise.all(clients);
    await planet.revive(victim);
  }
  expect(before).toBeGreaterThan(0);
  expect(firstAfterMs).toBeLessThan(15_000);
  await everyoneAgrees(planet, VOTERS);
  for (const edge of [victim, ...edges.slice(0, 1)]) {
    const present = new Set(await listKeys(planet, edge, "load/"));
    expect(acknowledged.filter((key) => !present.has(key))).toEqual([]);
  }
});

test("whatever dies and is cut off, what clients see is one store, and nothing acknowledged is lost", async () => {
  const recorder = new Recorder(() => performance.now());
  let over = false;
  const clients = REGIONS.flatMap((edge, at) => {
    const edges = [...REGIONS.slice(at), ...REGIONS.slice(0, at)];
    return [0, 1, 2].map((n) => {
      const keys = Array.from({ length: 10 }, (_, key) => `store/${key}`);
      const name = `${edge}-${n}`;
      return new StrongClient({ planet, recorder, name, edges, keys, asksAgain: n !== 0, seed: 10 * at + n });
    });
  });
  const runs = Promise.all(clients.map((client) => client.runUntil(() => over)));
  try {
    await hurt(planet, VOTERS);
  } finally {
    over = true;
    await runs;
  }
  const ledger = ledgerOf(recorder.history());
  expect(ledger.acknowledged.length).toBeGreaterThan(50);
  for (const edge of REGIONS) {
    const present = await listKeys(planet, edge, LEDGER);
    expect(ledger.acknowledged.filter((key) => !present.includes(key))).toEqual([]);
    expect(present.filter((key) => !ledger.acknowledged.includes(key) && !ledger.inDoubt.includes(key))).toEqual([]);
  }
  for (const client of clients) {
    for (let key = 0; key < 10; key++)
      await client.perform({ kind: "read", key: `store/${key}`, consistency: "linearizable" });
  }
  const history = recorder.history();
  const verdict = check(history, { versions: VERSIONS });
  if (findingOf(verdict) !== "linearizable") writeFileSync(join(tmpdir(), "agreement-history.jsonl"), toLines(history));
  expect(findingOf(verdict), describeVerdict(verdict)).toBe("linearizable");
});
