/** A small federation, and what an edge may ask of its hubs. */
import { World, type WorldOptions } from "./federation.test-helper.ts";
import { planet } from "./planet.test-helper.ts";
import type { RegistryRequest } from "./registry-requests.ts";

export function federation(more: Partial<WorldOptions> = {}) {
  const world = new World({ hubs: planet(2, 2), ...more });
  world.run(1_000);
  const ask = (hub: string, request: RegistryRequest) => {
    const node = world.node(hub);
    return node.registry.request(request, world.now, world.outbox(node));
  };
  const register = (hub: string, clusterId: string, more: object = {}, write: object = {}) =>
    ask(hub, {
      kind: "cluster-register",
      cluster: { clusterId, endpoints: [{ url: `http://${clusterId}` }], services: [{ name: "web" }], ...more },
      ...write,
    });
  const at = (latitude: number, longitude: number) => ({ coordinates: { latitude, longitude } });
  return { world, ask, register, at };
}
