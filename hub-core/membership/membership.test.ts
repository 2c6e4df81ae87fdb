import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import type { Notice, Outbox, StoredWrite } from "../common/outbox.ts";
import { Random } from "../common/random.ts";
import type { HubIdentity } from "../common/types.ts";
import type { MemberUpdate } from "../wire/membership-messages.ts";
import type { Message } from "../wire/messages.ts";
import { RESPONSIVE } from "./harness.test-helper.ts";
import { Membership } from "./membership.ts";

function hub(hubId: string, parent = "parent"): HubIdentity {
  const coordinates = { latitude: 1, longitude: 2 };
  return { hubId, tier: "local", region: "us-east", coordinates, parent, address: `https://${hubId}.example` };
}

class Recorder implements Outbox {
  readonly sent: { to: string; message: Message }[] = [];
  readonly dials: string[] = [];
  readonly writes: StoredWrite[] = [];
  readonly notices: Notice[] = [];
  readonly links = new Set<string>();

  send(to: string, message: Message): boolean {
    if (!this.links.has(to)) return false;
    this.sent.push({ to, message });
    return true;
  }
  connected(to: string): boolean {
    return this.links.has(to);
  }
  dial(to: string): boolean {
    this.dials.push(to);
    return true;
  }
  persist(write: StoredWrite): void {
    this.writes.push(write);
  }
  notify(notice: Notice): void {
    this.notices.push(notice);
  }
  check(): void {}
  log(): void {}

  updatesTo(to: string): MemberUpdate[] {
    return this.sent.flatMap(({ to: peer, message }) =>
      peer === to && message.kind === "news" ? message.updates : [],
    );
  }
}

let out: Recorder;
let raised: number[];

beforeEach(() => {
  out = new Recorder();
  raised = [];
});

function member(self = hub("me"), reclaimAfterMs = RESPONSIVE.reclaimAfterMs, seeds: string[] = []): Membership {
  let stored = 5;
  return new Membership({
    group: "us-east",
    self,
    seeds: new Set(seeds),
    incarnation: stored,
    instance: 77,
    capacity: 20,
    config: { ...RESPONSIVE, reclaimAfterMs },
    maxNeighbours: 8,
    standsIn: null,
    meets: () => true,
    raiseIncarnation: (atLeast) => {
      stored = Math.max(atLeast, stored + 1);
      raised.push(stored);
      return stored;
    },
    random: new Random(1),
    metrics: new Metrics(),
  });
}

function linked(self: Membership, peer: string, now = 0): void {
  out.links.add(peer);
  self.linkOpened({ hub: hub(peer), incarnation: 1, instance: 1, standsIn: null }, now, out);
}

const alive = (hubId: string, incarnation: number): MemberUpdate => ({
  kind: "alive",
  hub: hub(hubId),
  incarnation,
  instance: 1,
  joining: false,
  coordinate: null,
  standsIn: null,
});

test("SWIM-4: updates merge to the same view in whatever order they arrive, and however often", () => {
  const update = fc.record({
    kind: fc.constantFrom("alive", "suspect", "failed", "left"),
    hubId: fc.constantFrom("x", "y"),
    incarnation: fc.integer({ min: 1, max: 4 }),
    from: fc.constantFrom("a", "b", "c"),
  });
  fc.assert(
    fc.property(fc.array(update, { maxLength: 16 }), fc.integer(), (raw, seed) => {
      const updates = raw.map(({ kind, hubId, incarnation, from }): MemberUpdate => {
        if (kind === "alive") return alive(hubId, incarnation);
        if (kind === "suspect") return { kind, hubId, incarnation, from, evidence: "silence", silentMs: 0 };
        return { kind: kind as "failed" | "left", hubId, incarnation };
      });
      const orders = [updates, new Random(seed).shuffle([...updates, ...updates])];
      const views = orders.map((order) => {
        const self = member();
        self.start([], 0, out);
        linked(self, "peer");
        const known: MemberUpdate[] = [alive("x", 1), alive("y", 1)];
        self.receive("peer", { kind: "news", updates: [...known, ...order] }, 10, out);
        return ["x", "y"].map((id) => [self.member(id)?.state, self.member(id)?.incarnation]);
      });
      expect(views[1]).toEqual(views[0]);
    }),
  );
});

test("SWIM-5, SWIM-6: a suspicion of this hub is refuted at once with a stored, higher incarnation, told to all", () => {
  const self = member();
  self.start([], 0, out);
  linked(self, "a");
  linked(self, "b");
  const claim: MemberUpdate = {
    kind: "suspect",
    hubId: "me",
    incarnation: 8,
    from: "b",
    evidence: "silence",
    silentMs: 0,
  };
  self.receive("a", { kind: "news", updates: [claim] }, 1_000, out);
  expect(raised).toEqual([9]);
  for (const peer of ["a", "b"]) {
    expect(out.updatesTo(peer)).toContainEqual(expect.objectContaining({ kind: "alive", incarnation: 9 }));
  }
  expect(self.status().awareness_score).toBe(1);
});

test("SWIM-6: a refutation with a higher incarnation clears suspicion and failure", () => {
  for (const kind of ["suspect", "failed"] as const) {
    const self = member();
    self.start([], 0, out);
    linked(self, "a");
    const doubt: MemberUpdate =
      kind === "suspect"
        ? { kind, hubId: "x", incarnation: 3, from: "b", evidence: "silence", silentMs: 0 }
        : { kind, hubId: "x", incarnation: 3 };
    self.receive("a", { kind: "news", updates: [alive("x", 3), doubt] }, 10, out);
    expect(self.member("x")?.state).toBe(kind);
    self.receive("a", { kind: "news", updates: [alive("x", 3)] }, 20, out);
    expect(self.member("x")?.state).toBe(kind);
    self.receive("a", { kind: "news", updates: [alive("x", 4)] }, 30, out);
    expect(self.member("x")?.state).toBe("alive");
    expect(self.member("x")?.suspicion).toBeNull();
  }
});

test("SWIM-7: a failed member that links again is told so first, and an outdated doubt is answered to the asker alone", () => {
  const self = member();
  self.start([], 0, out);
  linked(self, "a");
  self.receive(
    "a",
    { kind: "news", updates: [alive("x", 1), { kind: "failed", hubId: "x", incarnation: 1 }] },
    10,
    out,
  );
  linked(self, "x", 1_000);
  expect(out.updatesTo("x")).toContainEqual({ kind: "failed", hubId: "x", incarnation: 1 });
  const before = out.updatesTo("a").length;
  self.receive("x", { kind: "news", updates: [{ kind: "failed", hubId: "me", incarnation: 4 }] }, 2_000, out);
  expect(raised).toEqual([]);
  expect(out.updatesTo("x").at(-1)).toMatchObject({ kind: "alive", incarnation: 5 });
  expect(out.updatesTo("a").length).toBe(before);
});

test("SWIM-7: a doubtful member that is heard at all is told so, whatever it says, and not with every frame", () => {
  const self = member();
  self.start([], 0, out);
  linked(self, "a");
  linked(self, "x");
  const doubt = { kind: "failed", hubId: "x", incarnation: 1 } as const;
  self.receive("a", { kind: "news", updates: [doubt] }, 10, out);
  const told = () => out.updatesTo("x").filter(({ kind }) => kind === "suspect").length;
  const before = told();
  for (let now = 1_000; now < 1_300; now += 10) self.heard("x", now, out);
  expect(told() - before).toBe(2);
});

test("SWIM-16: a failed member that is still linked has its turn too: it is told, and not dialled", () => {
  const self = member();
  self.start([], 0, out);
  for (const id of ["a", "x", "y"]) linked(self, id);
  const updates = ["x", "y"].map((hubId): MemberUpdate => ({ kind: "failed", hubId, incarnation: 1 }));
  self.receive("a", { kind: "news", updates }, 10, out);
  out.links.delete("y");
  self.linkClosed("y", false, 20, out);
  const told = out.updatesTo("x").length;
  const dials = out.dials.length;
  for (let now = 30; now <= 10_030; now = Math.max(now + 1, self.nextDeadline())) {
    self.heard("a", now, out);
    self.tick(now, out);
  }
  expect(new Set(out.dials.slice(dials))).toEqual(new Set(["y"]));
  expect(out.updatesTo("x").length - told).toBeGreaterThanOrEqual(8);
  expect(out.updatesTo("x").at(-1)).toMatchObject({ kind: "failed", hubId: "x" });
});

test("SWIM-10: what a peer's view calls failed is suspected, not failed", () => {
  const self = member();
  self.start([], 0, out);
  linked(self, "a");
  self.receive("a", { kind: "news", updates: [alive("x", 1)] }, 10, out);
  self.receive("a", { kind: "view", members: [{ kind: "failed", hubId: "x", incarnation: 1 }], last: true }, 20, out);
  expect(self.member("x")?.state).toBe("suspect");
});

test("SWIM-12: joining until the first exchange of views, alive at once when alone", () => {
  const alone = member();
  alone.start([], 0, out);
  expect(alone.counts().alive).toBe(1);
  const joiner = member();
  joiner.start([hub("parent", "global")], 0, out);
  expect(joiner.counts().joining).toBe(1);
  expect(out.dials).toEqual(["parent"]);
  linked(joiner, "parent", 10);
  joiner.receive("parent", { kind: "view", members: [alive("parent", 1)], last: true }, 20, out);
  expect(joiner.member("me")?.state).toBe("alive");
});

test("SWIM-15: another run of this hub is noticed once per ten seconds", () => {
  const self = member();
  self.start([], 0, out);
  linked(self, "a");
  const clone: MemberUpdate = { ...alive("me", 9), kind: "alive", hub: hub("me"), instance: 78 } as MemberUpdate;
  for (let i = 0; i < 5; i++) self.receive("a", { kind: "news", updates: [clone] }, 100 + i, out);
  self.linkOpened({ hub: hub("me"), incarnation: 9, instance: 78, standsIn: null }, 200, out);
  expect(out.notices.filter(({ kind }) => kind === "clone-detected")).toHaveLength(1);
  expect(raised).toEqual([10]);
});

test("SWIM-16: hubs never reached are dialled in turn, one per interval after a back-off", () => {
  const self = member();
  self.start(
    ["p", "q", "r", "s"].map((id) => hub(id)),
    0,
    out,
  );
  const first = out.dials.length;
  expect(first).toBe(3);
  for (let now = 0; now <= 20_000; now = Math.max(now + 1, self.nextDeadline())) self.tick(now, out);
  const later = out.dials.slice(first);
  expect(later.length).toBeGreaterThan(30);
  expect(later.length).toBeLessThanOrEqual(60);
  for (const id of ["p", "q", "r", "s"]) expect(later.filter((dialled) => dialled === id).length).toBeGreaterThan(6);
});

test("SWIM-17: a failed member is forgotten after its time, a child is not, and the disk is told", () => {
  const self = member(hub("me"), 60_000);
  self.start([hub("child", "me")], 0, out);
  linked(self, "a");
  const news = ["x", "child"].flatMap((id): MemberUpdate[] => [
    alive(id, 1),
    { kind: "failed", hubId: id, incarnation: 1 },
  ]);
  self.receive("a", { kind: "news", updates: news }, 10, out);
  for (let now = 10; now <= 100_000; now = Math.max(now + 1, self.nextDeadline())) {
    self.heard("a", now, out);
    self.tick(now, out);
  }
  expect(self.member("x")).toBeUndefined();
  expect(out.writes).toContainEqual({ table: "peer", hubId: "x", value: null });
  expect(self.member("child")?.state).toBe("failed");
});

test("SWIM-16, SWIM-17: configured siblings are dialled for as long as this hub runs, others for their time", () => {
  const self = member(hub("me"), 60_000, ["s", "never"]);
  self.start(
    ["s", "never", "met"].map((id) => hub(id)),
    0,
    out,
  );
  for (const id of ["a", "s"]) linked(self, id);
  self.receive("a", { kind: "news", updates: [{ kind: "failed", hubId: "s", incarnation: 1 }] }, 10, out);
  out.links.delete("s");
  self.linkClosed("s", false, 20, out);
  const run = (from: number, to: number): void => {
    for (let now = from; now <= to; now = Math.max(now + 1, self.nextDeadline())) {
      self.heard("a", now, out);
      self.tick(now, out);
    }
  };
  run(21, 300_000);
  const before = out.dials.length;
  run(300_000, 310_000);
  const late = new Set(out.dials.slice(before));
  expect([...late].sort()).toEqual(["never", "s"]);
});

test("SWIM-11, SWIM-17: a child that left is not dialled again, however long ago it was", () => {
  const self = member(hub("me"), 60_000);
  self.start([hub("child", "me")], 0, out);
  linked(self, "a");
  out.links.add("child");
  self.linkOpened({ hub: hub("child", "me"), incarnation: 1, instance: 1, standsIn: null }, 0, out);
  self.receive("child", { kind: "news", updates: [{ kind: "left", hubId: "child", incarnation: 1 }] }, 10, out);
  out.links.delete("child");
  self.linkClosed("child", true, 11, out);
  out.dials.length = 0;
  for (let now = 12; now <= 180_000; now = Math.max(now + 1, self.nextDeadline())) {
    self.heard("a", now, out);
    self.tick(now, out);
  }
  expect(out.dials).toEqual([]);
  expect(self.member("child")?.state).toBe("left");
});

test("SUSP-6: a redial that succeeds ends what a closed socket began", () => {
  const self = member();
  self.start([], 0, out);
  for (const id of ["a", "b", "x"]) linked(self, id);
  out.links.delete("x");
  self.linkClosed("x", false, 1_000, out);
  expect(out.dials).toContain("x");
  linked(self, "x", 1_040);
  for (let now = 1_040; now <= 1_400; now += 20) self.tick(now, out);
  expect(self.member("x")?.suspicion).toBeNull();
  expect(self.member("x")?.state).not.toBe("suspect");
});

test("SUSP-6: a goodbye is no hint", () => {
  const self = member();
  self.start([], 0, out);
  for (const id of ["a", "x"]) linked(self, id);
  out.links.delete("x");
  self.linkClosed("x", true, 1_000, out);
  expect(out.dials).not.toContain("x");
});

test("LHA-3: a hub that lost every link at once spreads no `closed`, and takes its suspicions back", () => {
  const self = member();
  self.start([], 0, out);
  for (const id of ["a", "b", "c"]) linked(self, id);
  for (const id of ["a", "b", "c"]) {
    out.links.delete(id);
    self.linkClosed(id, false, 1_000, out);
  }
  for (const id of ["a", "b", "c"]) self.dialFailed(id, "unreachable", 1_050, out);
  expect(self.counts().suspect).toBe(3);
  for (const id of ["a", "b", "c"]) expect(self.member(id)?.suspicion?.closedCount()).toBe(0);
  linked(self, "a", 1_500);
  expect(self.counts().suspect).toBe(0);
});

test("SWIM-8: a tick that is early, late by a little or repeated changes nothing but what is due", () => {
  const self = member();
  self.start([], 0, out);
  linked(self, "a");
  const { length } = out.sent;
  for (let i = 0; i < 10; i++) self.tick(20, out);
  expect(out.sent.length).toBeLessThanOrEqual(length + 1);
});

test("SWIM-18: a member that restarted unnoticed, behind a socket that outlived it, is told of as another run", () => {
  const self = member();
  self.start([hub("x")], 0, out);
  linked(self, "x");
  self.linkOpened({ hub: hub("x"), incarnation: 2, instance: 5, standsIn: null }, 10, out);
  out.notices.length = 0;
  self.linkOpened({ hub: hub("x"), incarnation: 3, instance: 6, standsIn: null }, 20, out);
  self.linkOpened({ hub: hub("x"), incarnation: 3, instance: 6, standsIn: null }, 30, out);
  expect(out.notices).toEqual([
    { kind: "member-changed", group: "us-east", hub: hub("x"), incarnation: 3, from: "alive", to: "alive" },
  ]);
});
