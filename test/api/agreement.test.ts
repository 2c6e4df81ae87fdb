/** Consensus and state: answers have the shapes, the statuses and the headers of docs/API.md. */
import { beforeEach, expect, test } from "vitest";
import type { ZodType } from "zod";
import {
  consensusStatusSchema,
  proposalPageSchema,
  proposalSchema,
  voteStatisticsSchema,
} from "../../workers/consensus/schemas.ts";
import { leaseSchema } from "../../workers/leases/schemas.ts";
import {
  conflictsSchema,
  deletedSchema,
  eventualKeySchema,
  keyPageSchema,
  strongKeySchema,
  writtenSchema,
} from "../../workers/state/schemas.ts";
import { type Edge, type Role, startEdge } from "./edge-in-process.ts";

let edge: Edge;
beforeEach(async () => {
  edge = await startEdge();
});

async function write(method: string, path: string, value?: unknown, headers: Record<string, string> = {}) {
  const body = value === undefined ? {} : { body: JSON.stringify(value) };
  const response = await edge.send(path, { method, role: "operator", headers, ...body });
  const text = await response.text();
  return { status: response.status, etag: response.headers.get("etag"), body: text === "" ? null : JSON.parse(text) };
}

const shaped = (schema: ZodType, value: unknown) => expect(schema.safeParse(value).error?.issues ?? []).toEqual([]);

test.each<[string, ZodType]>([
  ["/api/consensus/status", consensusStatusSchema],
  ["/api/consensus/proposals", proposalPageSchema],
  ["/api/consensus/proposals?state=active", proposalPageSchema],
  ["/api/consensus/proposals/{proposal_id}", proposalSchema],
  ["/api/consensus/votes", voteStatisticsSchema],
  ["/api/state?prefix=a", keyPageSchema],
  ["/api/state?consistency=eventual", keyPageSchema],
  ["/api/state/a/b", strongKeySchema],
  ["/api/state/a%2Fb?consistency=stale", strongKeySchema],
  ["/api/state/tags", eventualKeySchema],
  ["/api/state/conflicts", conflictsSchema],
  ["/api/leases/{lease_id}", leaseSchema],
])("GET %s answers 200 in the shape that is documented", async (path, schema) => {
  await write("PUT", "/api/state/a/b", { n: 1 });
  await write("PUT", "/api/state/tags?consistency=eventual", { type: "set", op: "add", value: 1 });
  const made = {
    ...(await write("POST", "/api/consensus/proposals", { kind: "ballot", key: "k", value: 1 })).body,
    ...(await write("POST", "/api/leases", { ttl_ms: 60_000 })).body,
  } as Record<string, string>;
  const response = await edge.send(
    path.replace(/\{(\w+)\}/, (_, name: string) => made[name] ?? ""),
    { role: "viewer" },
  );
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  shaped(schema, await response.json());
});

test("a key is created, replaced where its version is right, and deleted; its ETag is its version", async () => {
  const created = await write("PUT", "/api/state/a/b", { n: 1 }, { "if-none-match": "*" });
  expect(created).toMatchObject({ status: 201, etag: '"1"', body: { key: "a/b", version: 1, group: "global" } });
  shaped(writtenSchema, created.body);
  expect(await write("PUT", "/api/state/a/b", 2, { "if-none-match": "*" })).toMatchObject({
    status: 412,
    body: { code: "version_mismatch", title: "Precondition failed" },
  });
  expect(await write("PUT", "/api/state/a/b", 2, { "if-match": '"1"' })).toMatchObject({ status: 200, etag: '"2"' });
  const read = await edge.send("/api/state/a/b", { role: "viewer" });
  expect(read.headers.get("etag")).toBe('"2"');
  expect((await write("DELETE", "/api/state/a/b", undefined, { "if-match": '"1"' })).status).toBe(412);
  const deleted = await write("DELETE", "/api/state/a/b", undefined, { "if-match": '"2"' });
  expect(deleted.status).toBe(200);
  shaped(deletedSchema, deleted.body);
  expect(await write("DELETE", "/api/state/a/b")).toMatchObject({ status: 404, body: { code: "key_unknown" } });
});

test("a retry with the same Idempotency-Key gets the first outcome and applies nothing twice", async () => {
  const once = { "idempotency-key": "once" };
  const first = await write("PUT", "/api/state/k", 1, once);
  const before = edge.catalog();
  expect(await write("PUT", "/api/state/k", 1, once)).toEqual(first);
  expect(edge.catalog()).toEqual(before);
});

test("a lock, as docs/API.md builds it: a lease, a key that only one creates, and its token as fence", async () => {
  const grant = await write("POST", "/api/leases", { ttl_ms: 60_000 });
  expect(grant.status).toBe(201);
  const lease = (grant.body as { lease_id: string }).lease_id;
  const take = (by: string) => write("PUT", `/api/state/locks/a?lease=${lease}`, { by }, { "if-none-match": "*" });
  const held = await take("me");
  expect(held.status).toBe(201);
  expect((await take("you")).status).toBe(412);
  const { fencing_token: token } = held.body as { fencing_token: number };
  expect((await write("PUT", `/api/state/guarded?fence=locks/a@${token}`, 1)).status).toBe(201);
  expect((await write("PUT", `/api/leases/${lease}`)).status).toBe(200);
  expect(await write("DELETE", `/api/leases/${lease}`)).toEqual({ status: 204, etag: null, body: null });
  expect((await write("PUT", `/api/state/guarded?fence=locks/a@${token}`, 2)).status).toBe(412);
});

test("a written proposal is decided at once, a ballot when it was voted on", async () => {
  const written = await write("POST", "/api/consensus/proposals", { kind: "write", key: "k", value: 1 });
  expect(written).toMatchObject({ status: 201, body: { state: "committed", index: expect.any(Number) } });
  shaped(proposalSchema, written.body);
  const ballot = await write("POST", "/api/consensus/proposals", { kind: "ballot", key: "k", value: 2 });
  expect(ballot).toMatchObject({ status: 202, body: { state: "pending", votes: [] } });
  const path = `/api/consensus/proposals/${(ballot.body as { proposal_id: string }).proposal_id}/votes`;
  const voted = await write("POST", path, { vote: "yes" });
  expect(voted).toMatchObject({ status: 200, body: { state: "committed", votes: [{ vote: "yes" }] } });
  shaped(proposalSchema, voted.body);
  expect(await write("POST", path, { vote: "no" })).toMatchObject({ status: 409, body: { code: "already_decided" } });
});

test("keys come page by page, each once", async () => {
  for (let i = 0; i < 5; i++) await write("PUT", `/api/state/p/${i}`, i);
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const response = await edge.send(`/api/state?prefix=p/&limit=2${cursor && `&cursor=${cursor}`}`, {
      role: "viewer",
    });
    const page = keyPageSchema.parse(await response.json());
    seen.push(...page.keys.map(({ key }) => key));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(["p/0", "p/1", "p/2", "p/3", "p/4"]);
});

test("GET /api/watch streams what changed since", async () => {
  await write("PUT", "/api/state/a", 1);
  await write("PUT", "/api/state/b", 2);
  const response = await edge.send("/api/watch?kinds=state&since=1", { role: "viewer" });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(response.headers.get("x-request-id")).toBeTruthy();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const text = new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  const [, data = ""] = /^id: 2\nevent: state\ndata: (.*)\n\n$/m.exec(text) ?? [];
  expect(JSON.parse(data)).toMatchObject({ type: "put", key: "b", value: 2, version: 2, revision: 2 });
  expect(text).not.toContain('"key":"a"');
});

test.each<[string, string, Role]>([
  ["GET", "/api/consensus/status", "viewer"],
  ["GET", "/api/consensus/proposals", "viewer"],
  ["GET", "/api/consensus/votes", "viewer"],
  ["POST", "/api/consensus/proposals", "operator"],
  ["POST", "/api/consensus/proposals/x/votes", "operator"],
  ["GET", "/api/state", "viewer"],
  ["GET", "/api/state/conflicts", "viewer"],
  ["GET", "/api/state/x", "viewer"],
  ["PUT", "/api/state/x", "operator"],
  ["DELETE", "/api/state/x", "operator"],
  ["GET", "/api/leases/x", "viewer"],
  ["POST", "/api/leases", "operator"],
  ["PUT", "/api/leases/x", "operator"],
  ["DELETE", "/api/leases/x", "operator"],
  ["GET", "/api/watch", "viewer"],
])("%s %s is 401 without a token and needs the role %s", async (method, path, needed) => {
  expect((await edge.send(path, { method })).status).toBe(401);
  if (needed === "operator") expect((await edge.send(path, { method, role: "viewer" })).status).toBe(403);
  expect([401, 403]).not.toContain((await edge.send(path, { method, role: needed })).status);
});
