import { expect, test } from "vitest";
import { answered, type Reply, refused } from "../../hub-core/common/problem.ts";
import { edgeWorld } from "../edge-world.test-helper.ts";

const world = edgeWorld();
const hubs = () => world.asked.map(({ hub }) => hub);
const put = (key: string, revision: number) => ({ type: "put", key, value: { revision }, version: 1, revision });
const changes = (revision: number, ...events: object[]) => answered({ changes: events, revision, group: "global" });

/** Answers to `state-watch`, one after the other; the last is never given. */
function polls(...replies: Reply[]): void {
  let next = 0;
  world.says = (_, { kind }) => {
    if (kind === "state-list") return answered({ keys: [], next_cursor: null, revision: 40 });
    return replies[next++] ?? "silent";
  };
}

/** What has come when `parts` of the stream were read. */
async function read(response: Response, parts: number): Promise<string> {
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  for (let i = 0; i < parts; i++) {
    const { done, value } = await reader.read();
    if (done) return `${text}END`;
    text += new TextDecoder().decode(value);
  }
  await reader.cancel();
  return text;
}

test("changes come as events whose id is the revision, and each question goes on where the last ended", async () => {
  polls(changes(7, put("a", 6), put("b", 7)), changes(9, put("c", 9)));
  const response = await world.send("/api/watch?kinds=state&prefix=x/&since=5");
  expect(await read(response, 2)).toBe(
    "retry: 1000\n: from 5\nid: 5\n\n" +
      'id: 6\nevent: state\ndata: {"type":"put","key":"a","value":{"revision":6},"version":1,"revision":6}\n\n' +
      'id: 7\nevent: state\ndata: {"type":"put","key":"b","value":{"revision":7},"version":1,"revision":7}\n\n' +
      'id: 9\nevent: state\ndata: {"type":"put","key":"c","value":{"revision":9},"version":1,"revision":9}\n\n',
  );
  expect(world.asked.map(({ question }) => question)).toEqual([
    { kind: "state-watch", group: "global", prefix: "x/", since: 5, waitMs: 0, limit: 100 },
    { kind: "state-watch", group: "global", prefix: "x/", since: 7, waitMs: 15_000, limit: 100 },
  ]);
});

test("of several changes with one revision the last has the id, or a part could be missed", async () => {
  polls(changes(6, put("a", 6), put("b", 6)));
  const text = await read(await world.send("/api/watch?kinds=state&since=5"), 1);
  expect(text.match(/^(id|event): .+$/gm)).toEqual(["id: 5", "event: state", "id: 6", "event: state"]);
  expect(text.indexOf("id: 6")).toBeGreaterThan(text.indexOf('"key":"a"'));
});

test("when nothing is new a comment says that the stream is alive, and from where to take it up", async () => {
  polls(changes(5), changes(8));
  expect(await read(await world.send("/api/watch?kinds=state&since=5"), 2)).toContain(": nothing new\nid: 8\n\n");
});

test("without a revision the stream is of what happens from now on", async () => {
  polls(changes(40), changes(41, put("a", 41)));
  const text = await read(await world.send("/api/watch?kinds=state"), 2);
  expect(text).toContain(": from 40\n");
  expect(text).toContain("id: 41\n");
});

test("Last-Event-ID wins over since", async () => {
  polls(changes(9));
  await read(await world.send("/api/watch?kinds=state&since=1", { headers: { "last-event-id": "9" } }), 1);
  expect(world.asked[0]?.question).toMatchObject({ since: 9 });
});

const compacted = refused(410, "compacted", "too old", { oldest: 30 });

test("what is too old is 410; when it becomes so while the stream is open, the stream says so and ends", async () => {
  polls(compacted);
  const response = await world.send("/api/watch?kinds=state&since=5");
  expect(await response.json()).toMatchObject({ status: 410, code: "compacted", oldest: 30 });
  polls(changes(5), compacted);
  const text = await read(await world.send("/api/watch?kinds=state&since=5"), 9);
  expect(text).toMatch(/event: problem\ndata: \{.*"code":"compacted".*\}\n\nEND$/);
});

test("when the hub dies the next goes on, without a gap", async () => {
  let dead = false;
  world.says = (hub) => {
    if (hub === "regional-us" && dead) return "dead";
    dead = true;
    return hub === "regional-us" ? changes(6, put("a", 6)) : changes(7, put("b", 7));
  };
  const text = await read(await world.send("/api/watch?kinds=state&since=5"), 2);
  expect(text.match(/^id: .+$/gm)).toEqual(["id: 5", "id: 6", "id: 7"]);
  expect(hubs()).toEqual(["regional-us", "regional-us", "global-hub"]);
});

test("the stream of another region comes through this edge, as does that of a hub that is named", async () => {
  polls(changes(6, put("a", 6)), changes(6, put("a", 6)));
  for (const path of [
    "/api/watch?kinds=state&scope=region:eu-west&since=5",
    "/hubs/regional-eu/api/watch?kinds=state&since=5",
  ]) {
    expect(await read(await world.send(path), 1)).toContain("id: 6\n");
  }
  expect(hubs()).toEqual(["regional-eu", "regional-eu"]);
});

test("a named hub that is no member sends to one that is, here or elsewhere", async () => {
  for (const [hub, region] of [
    ["global-hub", "us-east"],
    ["regional-eu", "eu-west"],
  ]) {
    world.says = (asked) =>
      asked === "local-us" ? refused(421, "redirect", "", { hub_id: hub, region }) : changes(6, put("a", 6));
    expect(await read(await world.send("/hubs/local-us/api/watch?kinds=state&since=5"), 1)).toContain("id: 6\n");
    expect(hubs().at(-1)).toBe(hub);
  }
});

test.each([
  ["", "query.kinds"],
  ["kinds=hubs", "query.kinds"],
  ["kinds=state,clusters", "query.kinds"],
  ["kinds=all", "query.kinds"],
  ["kinds=state&since=-1", "query.since"],
  ["kinds=state&scope=mars", "query.scope"],
])("?%s is 400", async (query, path) => {
  const response = await world.send(`/api/watch?${query}`);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { errors: { path: string }[] }).errors[0]?.path).toBe(path);
});

test("a scope that nobody knows, and a region that does not answer", async () => {
  expect(await (await world.send("/api/watch?kinds=state&scope=region:mars")).json()).toMatchObject({
    status: 404,
    code: "group_unknown",
  });
  world.cut.add("eu-west");
  expect(await (await world.send("/api/watch?kinds=state&scope=region:eu-west")).json()).toMatchObject({
    status: 503,
    code: "region_unreachable",
  });
});
