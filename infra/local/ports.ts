/** Ports that stay the same from start to start: hubs remember each other's addresses. */
import { createServer } from "node:net";

export type PortMap = Readonly<Record<string, number>>;

export interface PortRequest {
  readonly name: string;
  readonly preferred: number;
  /** A user chose it: taken is an error, not a reason to look further. */
  readonly required?: boolean;
}

const LOOK_AHEAD = 500;
const HIGHEST = 65_535;

export class PortTaken extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`port ${port} on 127.0.0.1 is in use by another program`);
    this.port = port;
  }
}

/** Each name gets the port it had, else the preferred one, else the next that is free. */
export async function allocatePorts(
  requests: readonly PortRequest[],
  before: PortMap,
  isFree: (port: number) => Promise<boolean> = portIsFree,
): Promise<PortMap> {
  const given: Record<string, number> = {};
  const taken = new Set<number>();
  for (const { name, preferred, required = false } of requests) {
    const wanted = required ? [preferred] : [before[name] ?? preferred, ...range(preferred, LOOK_AHEAD)];
    let found: number | undefined;
    for (const port of wanted) {
      if (port <= HIGHEST && !taken.has(port) && (await isFree(port))) {
        found = port;
        break;
      }
    }
    if (found === undefined) throw new PortTaken(preferred);
    given[name] = found;
    taken.add(found);
  }
  return given;
}

function range(from: number, length: number): number[] {
  return Array.from({ length }, (_, i) => from + i);
}

export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
