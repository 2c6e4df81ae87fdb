import { expect, test } from "vitest";
import { answered, type Reply, refused } from "../../hub-core/common/problem.ts";
import { edgeWorld } from "../edge-world.test-helper.ts";

const world = edgeWorld();

const hubs = () => world.asked.map(({ hub }) => hub);
const keys = () => world.asked.map(({ question }) => (question as { idempotencyKey?: string }).idempotencyKey);
const written = (hub: string) =>
  answered({ key: "k", value: 1, version: 1, revision: 1, group: "global", by: hub }, 201);
const noQuorum = refused(503, "no_quorum", "too few voters", { quorum: { have: 1, need: 2 } });

const put = (path: string, headers: Record<string, string> = {}) =>
  world.send(path, { method: "PUT", json: 1, headers });
/** Where time must pass. */
const putAndWait = (path: string) => world.sendAndWait(path, { method: "PUT", json: 1 });

test("what is global is asked of the hubs of that group, those that live here first", async () => {
  world.says = written;
  expect((await put("/api/state/k")).status).toBe(201);
  expect(hubs()).toEqual(["regional-us"]);
});

test("what is a region's is asked of that region's hubs, wherever they are", async () => {
  world.says = written;
  const response = await put("/api/state/k?scope=region:eu-west");
  expect(await response.json()).toMatchObject({ by: "regional-eu" });
  expect(response.headers.get("x-mpreg-hub")).toBe("regional-eu");
  expect(world.asked[0]?.question).toMatchObject({ kind: "state-put", group: "eu-west" });
});

test("hubs that the federation does not name are found by what the others have heard", async () => {
  world.says = written;
  const response = await put("/api/state/k?scope=region:ap-south");
  // Its edge is none of this world's, and does not answer.
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 504,
    body: { code: "outcome_unknown", hubs: ["regional-ap"] },
  });
});

test("a group that nobody has heard of is refused, with those that there are", async () => {
  const response = await put("/api/state/k?scope=region:mars");
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 404,
    body: { code: "group_unknown", groups: ["global", "ap-south", "eu-west", "us-east"] },
  });
  expect(hubs()).toEqual([]);
});

test("a write that a dead hub may have applied goes on to the next with the same key, also when the client gave none", async () => {
  world.says = (hub) => (hub === "regional-us" ? "dead" : written(hub));
  const response = await put("/api/state/k");
  expect(await response.json()).toMatchObject({ by: "global-hub" });
  expect(hubs()).toEqual(["regional-us", "global-hub"]);
  const [first, second] = keys();
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect(second).toBe(first);
});

test("the key goes along to another region", async () => {
  world.says = (hub) => (hub === "regional-eu" ? written(hub) : "dead");
  await put("/api/state/k");
  expect(hubs()).toEqual(["regional-us", "global-hub", "regional-eu"]);
  expect(new Set(keys()).size).toBe(1);
  world.asked.length = 0;
  await put("/api/state/k", { "idempotency-key": "mine" });
  expect(keys()).toEqual(["mine", "mine", "mine"]);
});

const after = (ms: number, reply: Reply) => new Promise<Reply>((resolve) => setTimeout(() => resolve(reply), ms));

test("a read goes to the next as well when a hub is slow, which is not given up: the first answer counts", async () => {
  world.says = (hub) => after(hub === "regional-us" ? 5_000 : 6_000, written(hub));
  expect(await (await world.sendAndWait("/api/state/k")).json()).toMatchObject({ by: "regional-us" });
  expect(hubs()).toEqual(["regional-us", "global-hub"]);
});

test("a write waits for a hub that is slow, so that not applied can be said for certain", async () => {
  world.says = () => after(9_900, noQuorum);
  expect((await putAndWait("/api/state/k")).status).toBe(503);
  expect(hubs()).toEqual(["regional-us"]);
});

test("a write whose hub does not answer in its time is given to the next, which has as long", async () => {
  world.says = (hub) => (hub === "regional-us" ? "silent" : after(9_900, written(hub)));
  expect(await (await putAndWait("/api/state/k")).json()).toMatchObject({ by: "global-hub" });
});

test("a write that nobody answers for is 504 when that time is over, with the key to repeat it by", async () => {
  world.says = () => "silent";
  const before = Date.now();
  const response = await putAndWait("/api/state/k");
  const body = (await response.json()) as { idempotency_key: string };
  expect({ status: response.status, body }).toMatchObject({
    status: 504,
    body: { code: "outcome_unknown", hubs: ["regional-us", "global-hub"] },
  });
  expect(keys()).toEqual(Array(2).fill(body.idempotency_key));
  expect(Date.now() - before).toBeGreaterThanOrEqual(24_000);
  expect(Date.now() - before).toBeLessThan(27_000);
});

test("no quorum is told as such while no other hub was asked, and not applied is then certain", async () => {
  world.says = () => noQuorum;
  const response = await put("/api/state/k");
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 503,
    body: { code: "no_quorum", quorum: { have: 1, need: 2 } },
  });
  expect(response.headers.get("retry-after")).toBe("1");
  expect(hubs()).toEqual(["regional-us"]);
});

test("after a hub that did not say, no quorum at the next is no longer certain", async () => {
  world.says = (hub) => (hub === "regional-us" ? "dead" : noQuorum);
  const response = await put("/api/state/k");
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 504,
    body: { code: "outcome_unknown" },
  });
});

test("a hub's own word that it does not know reaches the client, with the key", async () => {
  world.says = () => refused(504, "outcome_unknown", "leader lost", { term: 7 });
  const body = await (await put("/api/state/k")).json();
  expect(body).toMatchObject({ detail: expect.stringContaining("leader lost"), term: 7, idempotency_key: keys()[0] });
  // It has waited as long as the next one would.
  expect(hubs()).toEqual(["regional-us"]);
});

test("a hub that has left is passed over, and a read goes on past one without a quorum", async () => {
  world.says = (hub) => {
    if (hub === "regional-us") return refused(503, "hub_left", "gone");
    return hub === "global-hub" ? noQuorum : answered({ key: "k", version: 4, by: hub });
  };
  expect(await (await world.send("/api/state/k")).json()).toMatchObject({ by: "regional-eu" });
});

test("a read that no hub can answer says why", async () => {
  world.says = () => noQuorum;
  expect(await (await world.send("/api/state/k")).json()).toMatchObject({ status: 503, code: "no_quorum" });
  world.says = () => "dead";
  expect(await (await world.send("/api/state/k")).json()).toMatchObject({
    status: 503,
    code: "hub_unreachable",
  });
});

test("that a hub has no quorum is told of a read without waiting for those that are out of reach", async () => {
  world.says = (hub) => (hub === "regional-us" ? noQuorum : "silent");
  const started = Date.now();
  expect(await (await world.sendAndWait("/api/state/k")).json()).toMatchObject({ status: 503, code: "no_quorum" });
  expect(Date.now() - started).toBeLessThan(2_500);
  expect(hubs()).toEqual(["regional-us", "global-hub", "regional-eu"]);
});

test("the hub that the path names is asked alone, and followed where it sends", async () => {
  world.says = (hub) =>
    hub === "local-us" ? refused(421, "redirect", "", { hub_id: "regional-eu", region: "eu-west" }) : written(hub);
  expect(await (await put("/hubs/local-us/api/state/k")).json()).toMatchObject({ by: "regional-eu" });
  expect(hubs()).toEqual(["local-us", "regional-eu"]);
  expect(new Set(keys()).size).toBe(1);
  world.asked.length = 0;
  world.says = () => "dead";
  expect((await put("/hubs/global-hub/api/state/k")).status).toBe(504);
  expect(hubs()).toEqual(["global-hub"]);
});

test("where nobody was reached nothing was written, and that is said", async () => {
  world.down.add("eu-west");
  const write = await put("/api/state/k?scope=region:eu-west");
  expect(await write.json()).toMatchObject({
    status: 503,
    code: "region_unreachable",
    region: "eu-west",
    reached: false,
  });
  world.says = () => "dead";
  const unknown = await put("/api/state/k");
  expect(await unknown.json()).toMatchObject({
    status: 504,
    detail: expect.stringContaining("no answer from regional-us"),
  });
});

test("a region that is cut off leaves a write unknown, and a read unanswered", async () => {
  world.cut.add("eu-west");
  world.says = written;
  const write = await put("/api/state/k?scope=region:eu-west");
  // Its other hubs are behind the same edge.
  expect(await write.json()).toMatchObject({ status: 504, hubs: ["regional-eu"] });
  const read = await world.send("/api/state/k?scope=region:eu-west");
  expect({ status: read.status, body: await read.json() }).toMatchObject({
    status: 503,
    body: { code: "region_unreachable", region: "eu-west" },
  });
  expect(hubs()).toEqual([]);
});
