import { expect, test } from "vitest";
import { answered, refused } from "../../hub-core/common/problem.ts";
import { edgeWorld } from "../edge-world.test-helper.ts";

const world = edgeWorld();

const stored = answered({ key: "k", value: 1, version: 3, revision: 9, group: "global", consistency: "linearizable" });
const unknownKey = refused(404, "key_unknown", "no such key");

const put = (path: string, init: object = {}) => world.send(path, { method: "PUT", json: { a: 1 }, ...init });
const question = () => world.asked[0]?.question;

async function refusal(response: Promise<Response>) {
  const { status, code, errors } = (await (await response).json()) as {
    status: number;
    code: string;
    errors?: { path: string; message: string }[];
  };
  return { status, code, path: errors?.[0]?.path, message: errors?.[0]?.message };
}

test.each([
  ["a/b", "a/b"],
  ["a%2Fb", "a/b"],
  ["a//b/", "a//b/"],
  ["%E2%82%AC/caf%C3%A9", "€/café"],
  ["v1.2/..%2Fx", "v1.2/../x"],
  ["50%25", "50%"],
  ["a%252Fb", "a%2Fb"],
  ["a%3Fb%23c", "a?b#c"],
  ["a b+c".replace(" ", "%20"), "a b+c"],
  ["conflicts/x", "conflicts/x"],
  ["x".repeat(512), "x".repeat(512)],
])("the key in /api/state/%s", async (path, key) => {
  world.says = () => stored;
  await put(`/api/state/${path}`);
  await put(`/hubs/regional-eu/api/state/${path}`);
  expect(world.asked.map(({ question: asked }) => (asked as { key?: string }).key)).toEqual([key, key]);
});

test.each([
  ["%FF", "param.key"],
  ["a%zz", "param.key"],
  ["x".repeat(513), "param.key"],
  ["%E2%82%AC".repeat(171), "param.key"],
  ["a%0Ab", "param.key"],
  ["a%00", "param.key"],
])("no key: /api/state/%s", async (path, where) => {
  expect(await refusal(put(`/api/state/${path}`))).toMatchObject({ status: 400, code: "invalid_request", path: where });
  expect(world.asked).toEqual([]);
});

test("the report of conflicts has its own path, and no key its name", async () => {
  world.says = () => answered({ conflicts: [], next_cursor: null });
  expect((await world.send("/api/state/conflicts?prefix=a")).status).toBe(200);
  expect(question()).toMatchObject({ kind: "state-conflicts", prefix: "a" });
  expect(await refusal(put("/api/state/conflicts"))).toMatchObject({
    status: 400,
    message: expect.stringContaining("conflicts/…"),
  });
  expect(world.asked).toHaveLength(1);
});

test("a strong write asks for what it says, and answers with its version as ETag", async () => {
  world.says = () => answered({ key: "k", value: { a: 1 }, version: 1, revision: 9, group: "eu-west" }, 201);
  const response = await put("/api/state/k?scope=region:eu-west&lease=L1&fence=locks/a@b@17", {
    headers: { "if-match": '"3"', "idempotency-key": "once" },
  });
  expect([response.status, response.headers.get("etag")]).toEqual([201, '"1"']);
  expect(question()).toEqual({
    kind: "state-put",
    group: "eu-west",
    key: "k",
    value: { a: 1 },
    expect: { version: 3 },
    fence: { key: "locks/a@b", token: 17 },
    lease: "L1",
    idempotencyKey: "once",
  });
});

test("what was not said is not asked for", async () => {
  world.says = () => stored;
  await put("/api/state/k");
  expect(question()).toEqual({
    kind: "state-put",
    group: "global",
    key: "k",
    value: { a: 1 },
    idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test.each([[null], [false], [0], [""], [[]], ["text"], [1.5]])("a value may be %j", async (value) => {
  world.says = () => stored;
  expect((await put("/api/state/k", { json: undefined, body: JSON.stringify(value) })).status).toBe(200);
  expect(question()).toMatchObject({ value });
});

test("the members of a value stay in the order that they came in, whatever they are named", async () => {
  world.says = () => stored;
  await put("/api/state/k", { json: undefined, body: '{"value":1,"op":"set","type":"lww","__proto__":2}' });
  expect(JSON.stringify((question() as { value: unknown }).value)).toBe(
    '{"value":1,"op":"set","type":"lww","__proto__":2}',
  );
});

test("If-None-Match: * is for an absent key; DELETE takes a version too", async () => {
  world.says = () => stored;
  await put("/api/state/k", { headers: { "if-none-match": "*" } });
  await world.send("/api/state/k?fence=l@1", { method: "DELETE", headers: { "if-match": '"2"' } });
  expect(world.asked.map(({ question: asked }) => asked)).toMatchObject([
    { kind: "state-put", expect: { version: 0 } },
    { kind: "state-delete", expect: { version: 2 }, fence: { key: "l", token: 1 } },
  ]);
});

test.each([
  ["PUT", { "if-match": 'W/"3"' }, "header.if-match", /weak/],
  ["PUT", { "if-match": "3" }, "header.if-match", /quotes/],
  ["PUT", { "if-match": '"3", "4"' }, "header.if-match", /one version/],
  ["PUT", { "if-match": '"0"' }, "header.if-match", /one version/],
  ["PUT", { "if-match": "*" }, "header.if-match", /not served/],
  ["PUT", { "if-none-match": '"3"' }, "header.if-none-match", /only \*/],
  ["PUT", { "if-match": '"3"', "if-none-match": "*" }, "header.if-none-match", /exclude/],
  ["DELETE", { "if-none-match": "*" }, "header.if-none-match", /absent/],
] as const)("%s with %j is refused in words", async (method, headers, path, message) => {
  const response = world.send("/api/state/k", { method, headers, ...(method === "PUT" ? { json: 1 } : {}) });
  expect(await refusal(response)).toMatchObject({ status: 400, path, message: expect.stringMatching(message) });
  expect(world.asked).toEqual([]);
});

test.each([
  "fence=locks/a",
  "fence=locks/a@",
  "fence=@3",
  "fence=a@-1",
  "scope=region:",
  "scope=eu-west",
  "scope=region:global",
  "consistency=weak",
])("%s is refused", async (query) => {
  const { status, path } = await refusal(put(`/api/state/k?${query}`));
  expect({ status, path }).toEqual({ status: 400, path: `query.${query.split("=")[0]}` });
});

test("a value of 64 KiB fits, a larger one is 413 with the limit, one that is nested too deep 400", async () => {
  world.says = () => stored;
  const text = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));
  const send = (body: string) => put("/api/state/k", { json: undefined, body });
  expect((await send(text(65_536))).status).toBe(200);
  const large = await send(text(65_537));
  expect(await large.json()).toMatchObject({ status: 413, code: "value_too_large", limit: 65_536, bytes: 65_537 });
  expect(await refusal(send("[".repeat(5_000) + "]".repeat(5_000)))).toMatchObject({ status: 400, path: "body" });
  expect(await refusal(send("{"))).toMatchObject({ status: 400, code: "invalid_json" });
  expect(world.asked).toHaveLength(1);
});

test("reads: linearizable unless said otherwise, of the scope; the eventual key only where there is no strong one", async () => {
  world.says = (_, { kind }) => (kind === "state-get" ? unknownKey : answered({ key: "k", value: 2 }));
  const fallen = await world.send("/api/state/k?scope=region:us-east");
  expect(await fallen.json()).toMatchObject({ value: 2 });
  expect(fallen.headers.has("etag")).toBe(false);
  expect(world.asked.map(({ question: asked }) => asked)).toEqual([
    { kind: "state-get", group: "us-east", key: "k", consistency: "linearizable" },
    { kind: "state-eventual-get", key: "k" },
  ]);
});

test.each(["linearizable", "stale"] as const)("consistency=%s is never answered by an eventual key", async (said) => {
  world.says = () => unknownKey;
  expect((await world.send(`/api/state/k?consistency=${said}`)).status).toBe(404);
  expect(world.asked.map(({ question: asked }) => asked)).toEqual([
    { kind: "state-get", group: "global", key: "k", consistency: said },
  ]);
});

test("a group without a quorum does not make a read a weaker one", async () => {
  world.says = () => refused(503, "no_quorum", "too few");
  expect(await refusal(world.send("/api/state/k"))).toMatchObject({ status: 503, code: "no_quorum" });
  expect(world.asked.every(({ question: { kind } }) => kind === "state-get")).toBe(true);
});

test("consistency=eventual asks the nearest hub, for each of the types", async () => {
  world.says = () => answered({ key: "k" });
  const writes = [
    { type: "lww", op: "set", value: null },
    { type: "mv", op: "set", value: 1, context: "c" },
    { type: "counter", op: "increment" },
    { type: "set", op: "add", values: [1, "a"] },
    { type: "set", op: "remove", value: 1 },
    { type: "map", op: "put", field: "f", value: 1 },
    { type: "map", op: "remove", field: "f" },
    { type: "map", op: "update", field: "f", update: { type: "counter", op: "decrement", by: 2 } },
  ];
  for (const json of writes) expect((await put("/api/state/k?consistency=eventual", { json })).status).toBe(200);
  expect(world.asked.map(({ hub, question: asked }) => [hub, asked])).toEqual(
    writes.map((op) => ["local-us", { kind: "state-eventual-put", key: "k", op, idempotencyKey: expect.any(String) }]),
  );
  await world.send("/api/state/k?consistency=eventual", { method: "DELETE" });
  await world.send("/api/state?consistency=eventual&prefix=a/");
  expect(world.asked.slice(-2).map(({ question: asked }) => asked)).toMatchObject([
    { kind: "state-eventual-delete", key: "k" },
    { kind: "state-eventual-list", prefix: "a/", limit: 100 },
  ]);
});

test.each([
  [{ type: "lww", op: "set" }, "value"],
  [{ type: "lww", op: "add", value: 1 }, "op"],
  [{ type: "list", op: "add", value: 1 }, "type"],
  [{ type: "set", op: "add", values: [] }, "values"],
  [{ type: "counter", op: "increment", by: 0.5 }, "by"],
  [{ type: "map", op: "put", value: 1 }, "field"],
  [{ type: "map", op: "update", field: "f", update: { type: "map", op: "remove", field: "g" } }, "update.type"],
  [5, "body"],
])("an eventual write that is none: %j", async (json, path) => {
  expect(await refusal(put("/api/state/k?consistency=eventual", { json }))).toMatchObject({ status: 400, path });
});

test.each([
  ["scope=region:us-east", {}, "query.scope"],
  ["lease=l", {}, "query.lease"],
  ["fence=a@1", {}, "query.fence"],
  ["", { "if-match": '"1"' }, "header.if-match"],
  ["", { "if-none-match": "*" }, "header.if-none-match"],
])("what only strong keys have is refused of eventual ones: %s %j", async (query, headers, path) => {
  const json = { type: "lww", op: "set", value: 1 };
  const sent = put(`/api/state/k?consistency=eventual&${query}`, { headers, json });
  expect(await refusal(sent)).toMatchObject({ status: 400, path, message: expect.stringContaining("strong") });
});

test("an eventual write that a dead hub may have applied is made at the next, but never a count", async () => {
  world.says = (hub) => (hub === "local-us" ? "dead" : answered({ key: "k" }));
  const write = (json: object) => put("/api/state/k?consistency=eventual", { json });
  expect((await write({ type: "set", op: "add", value: 1 })).status).toBe(200);
  world.asked.length = 0;
  const counted = await write({ type: "counter", op: "increment" });
  const unknown = await counted.json();
  expect(unknown).toMatchObject({ status: 504, code: "outcome_unknown", hubs: ["local-us"] });
  // Another hub would not know the write by its key.
  expect(unknown).not.toHaveProperty("idempotency_key");
  world.says = (hub) => (hub === "local-us" ? refused(503, "hub_left", "gone") : answered({ key: "k" }));
  expect((await write({ type: "counter", op: "increment" })).status).toBe(200);
});

test.each(["PUT", "GET", "DELETE"])("%s of no key at all is told so", async (method) => {
  const json = method === "PUT" ? 1 : undefined;
  expect(await refusal(world.send("/api/state/", { method, json }))).toMatchObject({ status: 400, path: "param.key" });
  expect(await refusal(world.send("/hubs/local-us/api/state/", { method, json }))).toMatchObject({ status: 400 });
  expect((await world.send("/api/state/", { method: "PATCH" })).status).toBe(405);
});

test.each([
  ['{"a":[1e400]}', "1.8e308"],
  ["[".repeat(33) + "]".repeat(33), "32 deep"],
])("a value that would not be kept as it is, or that is too deep, is refused: %s", async (body, why) => {
  expect(await refusal(put("/api/state/k", { body, json: undefined }))).toMatchObject({
    status: 400,
    message: expect.stringContaining(why),
  });
  expect((await put("/api/state/k", { body: "[".repeat(32) + "]".repeat(32), json: undefined })).status).toBe(200);
});

test("a body that is no UTF-8 is refused, and not kept with other characters", async () => {
  const bytes = Uint8Array.of(0x22, 0xff, 0xfe, 0x22);
  const sent = put("/api/state/k", { body: bytes as unknown as string, json: undefined });
  expect(await refusal(sent)).toMatchObject({ status: 400, code: "invalid_json" });
  expect(world.asked).toEqual([]);
  const cafe = put("/api/state/k", { body: '"caf\u00e9 €"', json: undefined });
  expect((await cafe).status).toBe(200);
  expect(question()).toMatchObject({ value: "café €" });
});

test("a limit says what it may be, and a value that is not there that it is missing", async () => {
  for (const limit of ["100000", "-1", "0", "1001", "x"]) {
    expect(await refusal(world.send(`/api/state?limit=${limit}`))).toMatchObject({
      path: "query.limit",
      message: "a whole number from 1 to 1000",
    });
  }
  expect((await world.send("/api/state?limit=1000")).status).toBe(200);
  const eventual = put("/api/state/k?consistency=eventual", { json: { type: "lww", op: "set" } });
  expect((await refusal(eventual)).message).toContain("is missing");
  const proposed = world.send("/api/consensus/proposals", { method: "POST", json: { kind: "write", key: "k" } });
  expect((await refusal(proposed)).message).toContain("is missing");
  const keyless = world.send("/api/consensus/proposals", { method: "POST", json: { kind: "write", value: 1 } });
  expect(await refusal(keyless)).toMatchObject({ path: "key", message: "is missing" });
});

test("a list is of a prefix, a page and a scope", async () => {
  world.says = () => answered({ keys: [], next_cursor: null, revision: 1 });
  await world.send("/api/state?prefix=a/b&limit=5&cursor=a/b/c&consistency=stale&scope=region:us-east");
  await world.send("/api/state");
  expect(world.asked.map(({ question: asked }) => asked)).toEqual([
    { kind: "state-list", group: "us-east", prefix: "a/b", consistency: "stale", limit: 5, cursor: "a/b/c" },
    { kind: "state-list", group: "global", prefix: "", consistency: "linearizable", limit: 100 },
  ]);
});

test("reading takes the role viewer, writing operator", async () => {
  expect((await world.send("/api/state/k", { role: null })).status).toBe(401);
  expect((await world.send("/api/state/k", { role: "viewer" })).status).toBe(200);
  expect((await put("/api/state/k", { role: "viewer" })).status).toBe(403);
  expect((await world.send("/api/state/k", { method: "DELETE", role: "viewer" })).status).toBe(403);
});

test("a method that keys do not take is 405, also deep in a path", async () => {
  const response = await world.send("/api/state/a/b/c", { method: "PATCH" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "DELETE, GET, HEAD, PUT"]);
});
