import { expect, test } from "vitest";
import { testEdge } from "./edge.test-helper.ts";
import { keyPath, parsedValue } from "./values.ts";
import { events, type StreamEvent } from "./watch.ts";

const edge = testEdge();
const KEY = { key: "a/b", value: { n: 1 }, version: 3, revision: 9, group: "global", consistency: "linearizable" };

test("a value is JSON, or a word; what begins like JSON must be it", () => {
  expect(['{"a":1}', "3", "true", "null", "hello", "2026-01-01", '"quoted"'].map(parsedValue)).toEqual([
    { a: 1 },
    3,
    true,
    null,
    "hello",
    "2026-01-01",
    "quoted",
  ]);
  for (const broken of ['{"a":', "[1,", '"open']) expect(() => parsedValue(broken)).toThrow("is none");
});

test("a key's slashes are the path's; what a URL would take for a step up is hidden from it", () => {
  for (const key of ["a/b", "caf\u00e9 50%?#", "a/../b", "a//b/"]) {
    const { pathname } = new URL(keyPath(key), "http://edge");
    expect(decodeURIComponent(pathname)).toBe(`/api/state/${key}`);
  }
});

test("put says what it was told to, and what came of it", async () => {
  edge.says = () => [201, KEY];
  const args = ["--scope", "us-east", "--if-absent", "--lease", "L1", "--fence", "l/a@7", "--idempotency-key", "once"];
  const { out } = await edge.run("state", "put", "a/b", '{"n":1}', ...args);
  expect(out).toBe("created: a/b (version 3, revision 9, global, linearizable)\n");
  const [asked] = edge.asked;
  expect(asked).toMatchObject({ method: "PUT", body: { n: 1 } });
  expect(asked?.url).toBe("/api/state/a/b?consistency=strong&scope=region%3Aus-east&lease=L1&fence=l%2Fa%407");
  expect(asked?.headers).toMatchObject({ "if-none-match": "*", "idempotency-key": "once", authorization: "Bearer t" });
});

test("delete takes a version; get prints the value, or all side by side", async () => {
  edge.says = () => [200, KEY];
  await edge.run("state", "delete", "k", "--if-version", "3");
  expect(edge.asked[0]).toMatchObject({ method: "DELETE", headers: { "if-match": '"3"' } });
  const read = await edge.run("state", "get", "a/b");
  expect(read.out).toBe('a/b (version 3, revision 9, global, linearizable)\n{\n  "n": 1\n}\n');
  edge.says = () => [200, { key: "k", type: "mv", value: 1, siblings: [1, 2], version: "x", consistency: "eventual" }];
  const siblings = await edge.run("state", "get", "k", "--consistency", "eventual");
  expect(siblings.out).toBe("k (version x, mv, eventual, 2 values side by side)\n1\n2\n");
});

test("list is a table, and says how it goes on", async () => {
  edge.says = () => [200, { keys: [KEY, { ...KEY, key: "c" }], next_cursor: "c" }];
  const { out } = await edge.run("state", "list", "a/", "--limit", "2");
  expect(edge.asked[0]?.url).toBe("/api/state?prefix=a%2F&limit=2");
  expect(out).toMatch(/^KEY +TYPE +VERSION +VALUE\na\/b +strong +3 +\{"n":1\}\nc /);
  expect(out).toContain('--cursor "c"');
  edge.says = () => [200, { keys: [], next_cursor: null }];
  expect((await edge.run("state", "list", "x")).out).toBe("no keys under x\n");
});

test.each([
  [["put", "k", "1", "--if-absent", "--if-version", "1"], "exclude"],
  [["put", "k", "1", "--if-version", "0"], "--if-version 0"],
  [["put", "k", "{"], "begins like JSON"],
  [["get", ""], "not empty"],
  [["watch", "--since", "yesterday"], "--since yesterday"],
])("mpreg state %j is refused before anything is asked", async (args, reason) => {
  const { error } = await edge.run("state", ...args);
  expect({ code: error?.exitCode, message: error?.message }).toEqual({
    code: 2,
    message: expect.stringContaining(reason),
  });
  expect(edge.asked).toEqual([]);
});

test("a refusal is told with its code; after an unknown outcome also how to go on", async () => {
  edge.says = () => [412, { status: 412, code: "version_mismatch", detail: "it has version 4" }];
  const mismatch = await edge.run("state", "put", "k", "1");
  expect(mismatch.error).toMatchObject({ exitCode: 1, message: "412 version_mismatch: it has version 4" });
  edge.says = () => [504, { status: 504, code: "outcome_unknown", detail: "no answer", idempotency_key: "k-1" }];
  const unknown = await edge.run("state", "put", "k", "1");
  expect(unknown.error?.message).toContain("--idempotency-key k-1");
});

const CHANGE = { type: "put", key: "k", value: { n: 1 }, version: 5, revision: 5 };

test("watch prints changes, takes up a stream that ends after the last one, and ends when the changes are gone", async () => {
  const compacted = { status: 410, code: "compacted", detail: "too old" };
  edge.says = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (edge.asked.length === 1)
      response.end(`: from 4\nid: 4\n\nid: 5\nevent: state\ndata: ${JSON.stringify(CHANGE)}\n\n`);
    else response.end(`event: problem\ndata: ${JSON.stringify(compacted)}\n\n`);
    return undefined;
  };
  const { out, error } = await edge.run("state", "watch", "k", "--since", "4");
  expect(out).toBe('5 put k {"n":1}\n');
  expect(error?.message).toBe("410 compacted: too old");
  expect(edge.asked.map(({ url, headers }) => [url, headers["last-event-id"]])).toEqual([
    ["/api/watch?kinds=state&prefix=k&since=4", undefined],
    ["/api/watch?kinds=state&prefix=k&since=4", "5"],
  ]);
});

test("events are whole however the stream is cut", async () => {
  const bytes = new TextEncoder().encode(`: hello\nid: 4\n\nid: 5\nevent: state\ndata: {"value":"caf\u00e9"}\n\nid: 6`);
  async function* cut() {
    for (const byte of bytes) yield new Uint8Array([byte]);
  }
  const found: StreamEvent[] = [];
  for await (const event of events(cut())) found.push(event);
  expect(found).toEqual([
    { id: "4", event: null, data: null },
    { id: "5", event: "state", data: '{"value":"café"}' },
  ]);
});
