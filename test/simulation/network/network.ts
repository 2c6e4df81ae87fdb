/**
 * Sockets between simulated hubs: ordered byte streams with latency, on paths that lose, repeat, delay and cut.
 * A closed end tells its peer only if the path lets it; writing to a vanished process brings a reset back.
 */
import type { Random } from "../../../hub-core/common/random.ts";
import type { DurationMs, HubId } from "../../../hub-core/common/types.ts";
import type { HubEvent, LinkId } from "../../../hub-core/hub/contract.ts";
import type { VirtualClock } from "../clock/virtual-clock.ts";
import type { SimHub } from "../sim-hub.ts";
import { connect, type End } from "./connection.ts";
import type { Paths } from "./paths.ts";

/** WebSocket framing of a masked binary message below 64 KiB, on top of the frame itself. */
const SOCKET_OVERHEAD_BYTES = 6;

export interface NetworkCounts {
  framesSent: number;
  bytesSent: number;
  framesLost: number;
  framesRepeated: number;
  framesReordered: number;
  dials: number;
  opened: number;
}

export class Network {
  readonly paths: Paths;
  readonly counts: NetworkCounts = {
    framesSent: 0,
    bytesSent: 0,
    framesLost: 0,
    framesRepeated: 0,
    framesReordered: 0,
    dials: 0,
    opened: 0,
  };
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #hubById: ReadonlyMap<HubId, SimHub>;
  readonly #deliver: (hub: SimHub, run: number, event: HubEvent) => void;
  /** The last dial from one hub to another, by its number: it is the only one under way, as in the product. */
  readonly #dialling = new Map<string, number>();
  #links = 0;

  constructor(options: {
    readonly clock: VirtualClock;
    readonly random: Random;
    readonly paths: Paths;
    readonly hubs: readonly SimHub[];
    readonly deliver: (hub: SimHub, run: number, event: HubEvent) => void;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.paths = options.paths;
    this.#hubById = new Map(options.hubs.map((hub) => [hub.id, hub]));
    this.#deliver = options.deliver;
  }

  dial(from: SimHub, to: HubId, timeoutMs: DurationMs): void {
    this.counts.dials += 1;
    const run = from.run;
    const number = this.counts.dials;
    const pair = `${from.id} ${to}`;
    this.#dialling.set(pair, number);
    const isCurrent = (): boolean => this.#dialling.get(pair) === number;
    const fail = (delay: DurationMs, reason: "refused" | "timeout" | "unreachable"): void =>
      this.#clock.after(delay, () => {
        if (isCurrent()) this.#deliver(from, run, { kind: "dial-failed", peer: to, reason });
      });
    const target = this.#hubById.get(to);
    if (!target) return fail(1, "unreachable");
    const there = this.#delay(from, target);
    const back = this.#delay(target, from);
    if (this.#cutBothWays(from, target) || there + back > timeoutMs) return fail(timeoutMs, "timeout");
    const deadline = this.#clock.now + timeoutMs;
    this.#clock.after(there, () => {
      if (!target.alive) {
        if (target.death?.kind === "silent") fail(Math.max(0, deadline - this.#clock.now), "timeout");
        else fail(back, "refused");
        return;
      }
      const acceptAt = Math.max(this.#clock.now, target.frozenUntil);
      if (acceptAt + back > deadline || this.#cutBothWays(from, target)) {
        fail(Math.max(0, deadline - this.#clock.now), "timeout");
        return;
      }
      // The other end cannot know whether the dialler has given up meanwhile.
      this.#clock.at(acceptAt, () => this.#accept(from, run, target, back, isCurrent));
    });
  }

  send(from: SimHub, link: LinkId, bytes: Uint8Array): void {
    const end = from.ends.get(link);
    if (!end?.open) return;
    this.counts.framesSent += 1;
    this.counts.bytesSent += bytes.length + SOCKET_OVERHEAD_BYTES;
    const faults = this.paths.frames;
    const lost = this.paths.isCut(from, end.peer.hub) || this.#random.float() < faults.loss;
    if (lost) {
      this.counts.framesLost += 1;
      return;
    }
    this.#carry(end, bytes);
    if (this.#random.float() < faults.duplication) {
      this.counts.framesRepeated += 1;
      this.#carry(end, bytes);
    }
  }

  /** Closes one end; the other hears of it behind the frames that are under way, if at all. */
  close(hub: SimHub, link: LinkId): void {
    const end = hub.ends.get(link);
    if (!end) return;
    this.#drop(end);
    this.#tellPeer(end);
  }

  /** A process died: `told` sockets send their FIN, the others just fall silent. */
  abandon(hub: SimHub, told: boolean): void {
    for (const end of [...hub.ends.values()]) {
      this.#drop(end);
      if (told) this.#tellPeer(end);
    }
  }

  /** Sockets that the runtime held while the object was evicted pass to its next run, under new numbers. */
  adopt(hub: SimHub): End[] {
    const held = [...hub.ends.values()].filter((end) => end.open && end.direction === "in");
    for (const end of held) {
      hub.ends.delete(end.link);
      end.link = this.#nextLink();
      end.run = hub.run;
      hub.ends.set(end.link, end);
    }
    return held;
  }

  /** Resets every socket that runs along this path: what a long stall does to TCP in the end. */
  reset(a: SimHub, b: SimHub): void {
    for (const end of [...a.ends.values()]) {
      if (end.peer.hub !== b) continue;
      this.#hangUp(end);
      if (end.peer.open) this.#hangUp(end.peer);
    }
  }

  #accept(from: SimHub, run: number, target: SimHub, back: DurationMs, isCurrent: () => boolean): void {
    const refused = (): void => this.#deliver(from, run, { kind: "dial-failed", peer: target.id, reason: "refused" });
    if (!target.alive) {
      this.#clock.after(back, () => {
        if (isCurrent()) refused();
      });
      return;
    }
    const now = this.#clock.now;
    const links = [this.#nextLink(), this.#nextLink()] as const;
    const [out, into] = connect({ dialler: from, acceptor: target, links, acceptedAt: now, openedAt: now + back });
    out.run = run;
    target.ends.set(into.link, into);
    this.counts.opened += 1;
    this.#clock.after(back, () => {
      if (!into.open || !isCurrent() || from.run !== run || !from.alive) {
        this.#tellPeer(out);
        if (isCurrent() && from.run === run) refused();
        return;
      }
      out.open = true;
      from.ends.set(out.link, out);
      this.#deliver(from, run, { kind: "link-opened", link: out.link, peer: target.id, direction: "out" });
    });
    this.#deliver(target, target.run, { kind: "link-opened", link: into.link, peer: from.id, direction: "in" });
  }

  #carry(end: End, bytes: Uint8Array): void {
    const faults = this.paths.frames;
    const flight = this.#delay(end.hub, end.peer.hub);
    let at = Math.max(this.#clock.now + flight, end.peer.opensAt);
    if (this.#random.float() < faults.reordering) {
      this.counts.framesReordered += 1;
      at += this.#random.float() * faults.reorderMs;
    } else {
      at = Math.max(at, end.lastArrival);
      end.lastArrival = at;
    }
    this.#clock.at(at, () => this.#arrive(end, bytes));
  }

  #arrive(end: End, bytes: Uint8Array): void {
    const { peer } = end;
    if (this.paths.isCut(end.hub, peer.hub)) {
      this.counts.framesLost += 1;
      return;
    }
    if (peer.open) {
      this.#deliver(peer.hub, peer.run, { kind: "frame", link: peer.link, bytes });
      return;
    }
    const silent = !peer.hub.alive && peer.hub.death?.kind === "silent";
    if (!silent && end.open && !this.paths.isCut(peer.hub, end.hub)) {
      this.#clock.after(this.#delay(peer.hub, end.hub), () => this.#hangUp(end));
    }
  }

  #tellPeer(end: End): void {
    if (this.paths.isCut(end.hub, end.peer.hub)) return;
    const at = Math.max(this.#clock.now + this.#delay(end.hub, end.peer.hub), end.lastArrival);
    this.#clock.at(at, () => this.#hangUp(end.peer));
  }

  /** The runtime sees the end of a socket and says so, once. */
  #hangUp(end: End): void {
    if (!end.open) return;
    this.#drop(end);
    this.#deliver(end.hub, end.run, { kind: "link-closed", link: end.link });
  }

  #drop(end: End): void {
    end.open = false;
    end.hub.ends.delete(end.link);
  }

  #cutBothWays(a: SimHub, b: SimHub): boolean {
    return this.paths.isCut(a, b) || this.paths.isCut(b, a);
  }

  /** The path's delay, and an exponential tail of a tenth of it. */
  #delay(from: SimHub, to: SimHub): DurationMs {
    const base = this.paths.oneWayMs(from, to);
    return base * (1 - 0.1 * Math.log(1 - this.#random.float()));
  }

  #nextLink(): LinkId {
    this.#links += 1;
    return this.#links;
  }
}
