/** The listening port of one ordered pair of regions, and the connections that cross it. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { changed, oneWayDelay, type Pair, type PairAction } from "./pair.ts";
import { Tunnel } from "./tunnel.ts";

const HOST = "127.0.0.1";
/** Peers, edges and health checks together need dozens; more than this is a leak, and is refused. */
const MAX_TUNNELS = 1_000;

export class PairProxy {
  #pair: Pair;
  readonly #targetPort: number;
  readonly #tunnels = new Set<Tunnel>();
  readonly #server: Server;

  constructor(pair: Pair, targetPort: number) {
    this.#pair = pair;
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (near) => {
      if (this.#tunnels.size >= MAX_TUNNELS) {
        near.resetAndDestroy();
        return;
      }
      const tunnel = new Tunnel({
        near,
        target: { host: HOST, port: this.#targetPort },
        oneWayDelay: () => oneWayDelay(this.#pair, Math.random),
        stalled: this.#pair.cut,
        onClose: () => this.#tunnels.delete(tunnel),
      });
      this.#tunnels.add(tunnel);
    });
  }

  get pair(): Pair {
    return this.#pair;
  }

  /** The port it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#tunnels.size;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host: HOST, port, exclusive: true }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    for (const tunnel of [...this.#tunnels]) tunnel.reset();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /**
   * A cut is silence: what is under way stalls and what is new hangs, unless it is to reset. After a heal, connections that
   * lived through the cut break at once, so that nobody waits for a retransmission that real networks would send.
   */
  apply(action: PairAction): void {
    this.#pair = changed(this.#pair, action);
    for (const tunnel of [...this.#tunnels]) {
      if (action.kind === "cut" && !action.reset) tunnel.stall();
      else if (action.kind === "cut" || (action.kind === "heal" && tunnel.stalled)) tunnel.reset();
    }
  }
}
