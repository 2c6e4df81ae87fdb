/** Which of a peer's numbered messages arrived: the newest number and the 31 before it, as its acknowledgement says. */

export interface Ack {
  readonly upTo: number;
  readonly mask: number;
}

export const ACK_SPAN = 32;

export class ReceiveWindow {
  #upTo = 0;
  #mask = 0;

  get ack(): Ack {
    return { upTo: this.#upTo, mask: this.#mask };
  }

  arrived(number: number): void {
    this.#advance(number);
    const behind = this.#upTo - number;
    if (behind < ACK_SPAN) this.#mask = (this.#mask | (1 << behind)) >>> 0;
  }

  /** The peer says that it has sent everything up to `number`. */
  sent(number: number): void {
    this.#advance(number);
  }

  #advance(number: number): void {
    const ahead = number - this.#upTo;
    if (ahead <= 0) return;
    this.#mask = ahead >= ACK_SPAN ? 0 : (this.#mask << ahead) >>> 0;
    this.#upTo = number;
  }
}
