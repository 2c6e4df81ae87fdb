/** Hubs run only once somebody has called them: after a deploy, or when a machine was restarted, that is the edge's duty. */
import { type Env, readDeployment } from "../durable-objects/deployment/index.ts";
import { Hubs, namespaceStubs } from "./hubs/index.ts";

let woken = false;

/** Calls every hub of this region, once in the life of an isolate. */
export async function wakeOnce(env: Env): Promise<void> {
  if (woken) return;
  woken = true;
  await wakeHubs(env);
}

export async function wakeHubs(env: Env): Promise<void> {
  const { hosted, region } = readDeployment(env);
  await new Hubs({ candidates: hosted, stubOf: namespaceStubs(env.HUB, region.locationHint) }).askEach({
    kind: "health",
  });
}
