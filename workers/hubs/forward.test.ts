import { afterEach, expect, test, vi } from "vitest";
import { edgeName, forward, replyOf } from "./forward.ts";
import { FROM_CLIENT, HANDOVER_HEADER, Handovers } from "./handover.ts";

const to = { hub: "regional-eu", region: "eu-west", url: "https://eu.example" };
const handovers = new Handovers("planet", "a key that only the edges of one federation know");
const from = { edge: "us-east/global-hub", handovers, withinMs: 1_000 };
const NAIROBI = { latitude: -1.29, longitude: 36.82 };

afterEach(() => vi.restoreAllMocks());

function answering(response: Response) {
  return vi.spyOn(globalThis, "fetch").mockResolvedValue(response);
}

test("a request arrives under the hub's prefix with its body, its way and the client's position", async () => {
  const sent = answering(Response.json({}));
  const request = new Request("https://us.example/api/clusters?x=1", {
    method: "POST",
    body: "{}",
    headers: { authorization: "Bearer t", [HANDOVER_HEADER]: "the client's own words" },
  });
  await forward(request, to, from, { passed: ["ap-south/a"], redirects: 2, client: NAIROBI });
  const [url, init] = sent.mock.calls[0] ?? [];
  const headers = new Headers(init?.headers);
  expect(url).toBe("https://eu.example/hubs/regional-eu/api/clusters?x=1");
  expect(init?.method).toBe("POST");
  expect(headers.get("authorization")).toBe("Bearer t");
  expect(await handovers.read(headers, "regional-eu")).toEqual({
    passed: ["ap-south/a", "us-east/global-hub"],
    redirects: 2,
    client: NAIROBI,
  });
});

test("two edges of one region are told apart by their hubs", () => {
  expect(edgeName("us-east", ["a", "b"])).not.toBe(edgeName("us-east", ["c"]));
});

test.each([[["us-east/global-hub"]], [["b", "us-east/global-hub"]], [["a", "b", "c"]]])(
  "a request that came by %j is not handed on again",
  async (passed) => {
    const sent = answering(Response.json({}));
    const request = new Request("https://us.example/health");
    expect(await forward(request, to, from, { ...FROM_CLIENT, passed })).toMatchObject({
      ok: false,
      problem: { status: 404, code: "hub_unknown" },
    });
    expect(sent).not.toHaveBeenCalled();
  },
);

test("a region that does not answer is 503, and says which", async () => {
  vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("Network connection lost."));
  vi.spyOn(console, "warn").mockReturnValue();
  expect(await forward(new Request("https://us.example/health"), to, from, FROM_CLIENT)).toMatchObject({
    problem: { status: 503, code: "region_unreachable", extra: { hub_id: "regional-eu", region: "eu-west" } },
  });
});

test("another edge's answer is read as one of our hubs' own, success or refusal", async () => {
  expect(await replyOf(Response.json({ a: 1 }, { status: 201 }))).toEqual({ ok: true, status: 201, value: { a: 1 } });
  expect(await replyOf(new Response(null, { status: 204 }))).toEqual({ ok: true, status: 204, value: null });
  const problem = { type: "t", title: "T", status: 409, detail: "no", code: "capacity_unsafe", services: ["s"] };
  expect(await replyOf(Response.json(problem, { status: 409 }))).toEqual({
    ok: false,
    problem: { status: 409, code: "capacity_unsafe", detail: "no", extra: { services: ["s"] } },
  });
  expect(await replyOf(new Response("<html>", { status: 502 }))).toMatchObject({
    problem: { status: 503, code: "region_unreachable" },
  });
});
