/** One TCP connection on its way across: two delay queues, and ends that learn of each other's end after the same delay. */
import { Socket } from "node:net";
import { breakOff } from "../local/break-off.ts";
import { DelayQueue } from "./delay-queue.ts";

/** About what a long fat pipe holds: 1 Gbit/s × 32 ms. */
const IN_FLIGHT_BYTES = 4 * 1024 * 1024;

export interface TunnelOptions {
  readonly near: Socket;
  readonly target: { readonly host: string; readonly port: number };
  /** Drawn for every chunk. */
  readonly oneWayDelay: () => number;
  readonly stalled: boolean;
  readonly onClose: () => void;
}

/** What goes from one socket to the other. */
class Lane {
  readonly queue = new DelayQueue(IN_FLIGHT_BYTES);
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delay: () => number;
  #timer: NodeJS.Timeout | null = null;
  #failed = false;
  #gone = false;

  constructor(from: Socket, to: Socket, delay: () => number) {
    this.#from = from;
    this.#to = to;
    this.#delay = delay;
    from.on("data", (bytes) => {
      this.queue.push({ kind: "bytes", bytes }, performance.now(), this.#delay());
      if (this.queue.full) from.pause();
      this.arm();
    });
    from.on("end", () => this.#last("end"));
    // Told of by "close", which follows.
    from.on("error", () => {
      this.#failed = true;
    });
    from.on("close", () => this.#last(this.#failed || !from.readableEnded ? "reset" : "end"));
  }

  arm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const at = this.queue.nextAt();
    if (at === Infinity) return;
    this.#timer = setTimeout(() => this.#release(), Math.max(0, at - performance.now()));
  }

  #last(kind: "end" | "reset"): void {
    if (this.#gone && kind === "end") return;
    this.#gone = true;
    this.queue.push({ kind }, performance.now(), this.#delay());
    this.arm();
  }

  #release(): void {
    // A timer may fire a fraction of a millisecond early.
    for (const parcel of this.queue.release(performance.now() + 1)) {
      if (parcel.kind === "bytes") this.#to.write(parcel.bytes);
      else if (parcel.kind === "end") this.#to.end();
      else breakOff(this.#to);
    }
    if (!this.queue.full) this.#from.resume();
    this.arm();
  }
}

export class Tunnel {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #out: Lane;
  readonly #back: Lane;
  readonly #dialling: NodeJS.Timeout;
  #dialled = false;
  #stalled: boolean;

  constructor({ near, target, oneWayDelay, stalled, onClose }: TunnelOptions) {
    const far = new Socket({ allowHalfOpen: true });
    this.#near = near;
    this.#far = far;
    this.#stalled = stalled;
    this.#out = new Lane(near, far, oneWayDelay);
    this.#back = new Lane(far, near, oneWayDelay);
    for (const socket of [near, far]) socket.setNoDelay(true);
    // Nothing of it ever reached the other side: nobody there has to be told.
    near.once("end", () => {
      if (this.#stalled && !this.#dialled) this.reset();
    });
    near.once("close", () => {
      if (!this.#dialled) this.reset();
    });
    const closed = (): void => {
      if (near.destroyed && far.destroyed) onClose();
    };
    near.once("close", closed);
    far.once("close", closed);
    // The handshake takes a round trip, which loopback does not: what is sent meanwhile waits in the queue.
    this.#dialling = setTimeout(() => {
      if (this.#stalled) return;
      this.#dialled = true;
      far.connect(target);
      this.#setFlow();
    }, oneWayDelay() * 2);
    this.#setFlow();
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  /** For good: a connection that stalled can only be reset. */
  stall(): void {
    this.#stalled = true;
    this.#setFlow();
  }

  /** Both ends see the connection break, now. */
  reset(): void {
    clearTimeout(this.#dialling);
    this.stall();
    breakOff(this.#near);
    breakOff(this.#far);
  }

  #setFlow(): void {
    for (const lane of [this.#out, this.#back]) {
      lane.queue.stalled = this.#stalled || !this.#dialled;
      lane.arm();
    }
  }
}
