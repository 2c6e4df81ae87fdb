/** What befalls a single process: crashes at every point of a step, evictions, freezes, odd timers and clocks, old versions. */
import { OLDEST_VERSION } from "../../../hub-core/wire/versions.ts";
import { failoverBound } from "../bounds.ts";
import type { CrashPoint, DeathKind, SimHub } from "../sim-hub.ts";
import type { Fault, Theatre } from "./fault.ts";

const MINUTE_MS = 60_000;

export const crash: Fault = {
  name: "crash",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub) return false;
    hub.crashPoint = drawCrashPoint(theatre);
    hub.trouble();
    // A quiet hub may not reach its crash point for long: then it dies between two steps.
    theatre.endAfter(theatre.between(2_000, MINUTE_MS), () => {
      theatre.world.kill(hub, "process");
      theatre.world.start(hub);
      hub.relieve(theatre.world.clock.now);
    });
    return true;
  },
};

export const silentDeath: Fault = {
  name: "silent-death",
  strike: (theatre) => dieAndReturn(theatre, "silent", false),
};

/** Long enough for another to take its place. */
export const coordinatorLoss: Fault = {
  name: "coordinator-loss",
  strike: (theatre) => {
    const { world, random } = theatre;
    const hub = random.pick(world.hubs.filter(({ alive, identity }) => alive && identity.tier !== "local"));
    if (!hub || world.hubs.some(({ alive }) => !alive)) return false;
    hub.trouble();
    world.kill(hub, random.below(2) === 0 ? "process" : "silent");
    const bound = failoverBound(hub.config);
    theatre.endAfter(theatre.between(bound, 2 * bound), () => {
      if (!hub.alive) world.start(hub);
      hub.relieve(world.clock.now);
    });
    return true;
  },
};

export const storageLoss: Fault = {
  name: "storage-loss",
  strike: (theatre) => dieAndReturn(theatre, "process", true),
};

export const eviction: Fault = {
  name: "eviction",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub) return false;
    // No trouble to anyone else: it is back at once, and nobody may have taken it for dead.
    theatre.world.evict(hub);
    return true;
  },
};

/** Within what the configuration promises to bear, so nobody may draw conclusions from it. */
export const pause: Fault = {
  name: "pause",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub) return false;
    const tolerance = hub.config.membership.pauseToleranceMs;
    if (theatre.world.clock.now < hub.pausedUntil + 3 * tolerance) return false;
    const span = theatre.between(100, 0.9 * tolerance);
    hub.pausedUntil = theatre.world.clock.now + span;
    theatre.world.freeze(hub, span);
    return true;
  },
};

export const freeze: Fault = {
  name: "freeze",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub) return false;
    const tolerance = hub.config.membership.pauseToleranceMs;
    const span = theatre.between(tolerance, 20 * tolerance);
    hub.trouble();
    theatre.world.freeze(hub, span);
    theatre.endAfter(span, () => {
      theatre.world.thaw(hub);
      hub.relieve(theatre.world.clock.now);
    });
    return true;
  },
};

/** Alarms of the platform come at least once, and up to a minute late. */
export const lateTimers: Fault = {
  name: "late-timers",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub) return false;
    const span = theatre.between(100, MINUTE_MS);
    hub.trouble();
    theatre.world.note(hub.id, "timers late", span);
    theatre.world.delayTimers(hub, span);
    theatre.endAfter(span, () => {
      theatre.world.refire(hub, 1);
      hub.relieve(theatre.world.clock.now);
    });
    return true;
  },
};

export const repeatedTimers: Fault = {
  name: "repeated-timers",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub) return false;
    theatre.world.note(hub.id, "timers fire early and twice");
    theatre.world.refire(hub, 2);
    return true;
  },
};

export const clockJump: Fault = {
  name: "clock-jump",
  strike: (theatre) => {
    const hub = theatre.victim();
    // Hubs keep network time: what a clock is ahead stays within a minute.
    if (!hub || hub.skewMs > MINUTE_MS) return false;
    hub.trouble();
    theatre.world.jumpClock(hub, Math.floor(theatre.between(500, MINUTE_MS)));
    hub.relieve(theatre.world.clock.now);
    return true;
  },
};

export const oldVersion: Fault = {
  name: "old-version",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub || hub.protocolVersion !== null) return false;
    restartAs(theatre, hub, OLDEST_VERSION);
    theatre.endAfter(theatre.between(10_000, 5 * MINUTE_MS), () => restartAs(theatre, hub, null));
    return true;
  },
};

export const slowHub: Fault = {
  name: "slow-hub",
  strike: (theatre) => {
    const hub = theatre.victim();
    if (!hub || hub.slowMs > 0) return false;
    hub.slowMs = Math.round(theatre.between(5, 200));
    theatre.world.note(hub.id, "is slow", hub.slowMs);
    theatre.endAfter(theatre.between(5_000, MINUTE_MS), () => {
      hub.slowMs = 0;
    });
    return true;
  },
};

function restartAs(theatre: Theatre, hub: SimHub, protocolVersion: number | null): void {
  hub.protocolVersion = protocolVersion;
  if (!hub.alive) return;
  hub.trouble();
  theatre.world.note(hub.id, "changes version", protocolVersion ?? "newest");
  theatre.world.kill(hub, "process");
  theatre.world.start(hub);
  hub.relieve(theatre.world.clock.now);
}

function dieAndReturn(theatre: Theatre, kind: DeathKind, loseStorage: boolean): boolean {
  const hub = theatre.victim();
  if (!hub || (loseStorage && !theatre.mayLose(hub))) return false;
  hub.trouble();
  theatre.world.kill(hub, kind);
  if (loseStorage) hub.storage.lose();
  theatre.endAfter(theatre.between(1_000, 2 * MINUTE_MS), () => {
    // Another fault may have brought it back meanwhile.
    if (!hub.alive) theatre.world.start(hub);
    hub.relieve(theatre.world.clock.now);
  });
  return true;
}

function drawCrashPoint(theatre: Theatre): CrashPoint {
  switch (theatre.random.below(3)) {
    case 0:
      return { kind: "before-persist" };
    case 1:
      return { kind: "after-persist" };
    default:
      return { kind: "after-sends", sends: theatre.random.below(4) };
  }
}
