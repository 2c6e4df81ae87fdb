/** The process that plays a region's clusters: each answers under its own path, and is kept registered with the region's edge. */
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FederationCluster } from "../../hub-core/config/index.ts";
import { runAsChild } from "./child-process.ts";
import { clusterServer } from "./cluster-server.ts";
import { arrivalMs, keepRegistered } from "./registration.ts";

export interface BackendConfig {
  readonly region: string;
  readonly port: number;
  readonly edgeUrl: string;
  readonly operatorToken: string;
  readonly clusters: readonly FederationCluster[];
}

export interface BackendReady {
  readonly url: string;
}

runAsChild<BackendConfig, BackendReady>(async ({ region, port, edgeUrl, operatorToken, clusters }) => {
  const { server, inFlight } = clusterServer(region, clusters);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [index, cluster] of clusters.entries()) {
    const agent = {
      cluster,
      edgeUrl,
      operatorToken,
      url: `${url}/c/${cluster.id}`,
      inFlight: () => inFlight(cluster.id),
    };
    // One cluster that is refused is no reason to take the others down: it answers, but nobody is sent there.
    void sleep(arrivalMs(index, clusters.length))
      .then(() => keepRegistered(agent))
      .catch((error: unknown) => {
        console.error(`${cluster.id}: ${error instanceof Error ? error.message : String(error)}`);
      });
  }
  return { url };
});
