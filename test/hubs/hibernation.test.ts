/**
 * A hub that holds only sockets that others dialled may lose its memory and keep them: the runtime wakes it with the next
 * frame, as another run of itself, behind sockets whose other ends have noticed nothing.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { allReceipts, everyoneAlive, hubsSeenFrom, registration, startTestMessage } from "./answers.ts";
import { call, eventually, type Planet, type Region } from "./region.ts";
import { startTwoRegions } from "./two-regions.ts";

/**
 * Of two hubs the lower id dials: the last of the alphabet is only ever dialled. It is alone in its region, since the runtime
 * holds on to an object that another object of the same process is linked to.
 */
const SLEEPER = "zz-regional";
const HUBS = ["aa-global", "bb-regional", SLEEPER];

const FEDERATION = `
federation: { name: test-planet, profile: economy }
regions:
  - { id: us-east, coordinates: { latitude: 39.04, longitude: -77.49 } }
  - { id: eu-west, coordinates: { latitude: 53.35, longitude: -6.26 } }
hubs:
  - { id: aa-global, region: us-east, hub_tier: global }
  - { id: bb-regional, region: us-east, hub_tier: regional, parent_hub: aa-global }
  - { id: ${SLEEPER}, region: eu-west, hub_tier: regional, parent_hub: aa-global }
`;

let planet: Planet;
let us: Region;
let eu: Region;

beforeAll(async () => {
  ({ planet, us, eu } = await startTwoRegions({ federation: FEDERATION }));
  for (const hub of HUBS) await everyoneAlive(us, HUBS.length, hub);
}, 60_000);

afterAll(() => planet?.stop());

interface LinkLine {
  readonly peer: string;
  readonly dialled_by: string;
  readonly opened_at: string;
}

async function linksOf(hub: string): Promise<LinkLine[]> {
  const { body } = await call(us, `/hubs/${hub}/api/status`, { role: "viewer" });
  return (body as { links: LinkLine[] }).links;
}

/** When each of the others opened its link to the sleeper. */
async function openedAt(): Promise<(string | undefined)[]> {
  const lines = await Promise.all(["aa-global", "bb-regional"].map(linksOf));
  return lines.map((links) => links.find(({ peer }) => peer === SLEEPER)?.opened_at);
}

/** As its parent has it: to ask the hub itself would wake it. */
async function incarnation(): Promise<number> {
  return (await hubsSeenFrom(us, "aa-global")).get(SLEEPER)?.incarnation ?? Number.NaN;
}

/** Its memory is gone, its sockets are not. The runtime waits until the hub has nothing near to do. */
async function sleep(): Promise<number> {
  const before = await incarnation();
  await eu.evict(SLEEPER, "hibernate");
  return before;
}

async function wokenSince(before: number): Promise<void> {
  await eventually("the new run in the eyes of its parent", async () =>
    (await incarnation()) > before ? true : undefined,
  );
}

test("only the dialled end of a link hibernates, and the lower id dials", async () => {
  const links = await linksOf(SLEEPER);
  expect(links.map(({ peer }) => peer).sort()).toEqual(["aa-global", "bb-regional"]);
  for (const { peer, dialled_by } of links) expect(dialled_by).toBe(peer);
});

test("a hibernating hub is woken by a rumor, greets anew on the sockets it kept, and its receipt comes back", async () => {
  const opened = await openedAt();
  const before = await sleep();
  const report = await allReceipts(us, await startTestMessage(us, "bb-regional"));
  expect(report.delivered.map(({ hub_id }) => hub_id).sort()).toEqual(HUBS);
  await wokenSince(before);
  expect(await openedAt()).toEqual(opened);
  for (const hub of HUBS) await everyoneAlive(us, HUBS.length, hub);
}, 60_000);

test("a hibernating hub is woken by a request, and what it then says reaches the others over the sockets it kept", async () => {
  const opened = await openedAt();
  const before = await sleep();
  const body = registration("woken-1", "eu-west", "checkout");
  const path = `/hubs/${SLEEPER}/api/clusters`;
  expect((await call(eu, path, { method: "POST", role: "operator", body })).status).toBe(201);
  await eventually("the cluster as the other region sees it", async () => {
    const seen = await call(us, "/api/clusters/woken-1", { role: "viewer" });
    return seen.status === 200 ? true : undefined;
  });
  await wokenSince(before);
  expect(await openedAt()).toEqual(opened);
}, 60_000);

test("a hub that nobody asks anything is back by itself, for its alarm or a probe, and was never taken for dead", async () => {
  const failures = async () => {
    const { body } = await call(us, "/hubs/aa-global/metrics", { role: "viewer" });
    return /^membership_failures_total\{[^}]*\} (\d+)/m.exec(String(body))?.[1] ?? "0";
  };
  const failed = await failures();
  await wokenSince(await sleep());
  expect(await failures()).toBe(failed);
  for (const hub of HUBS) await everyoneAlive(us, HUBS.length, hub);
}, 60_000);
