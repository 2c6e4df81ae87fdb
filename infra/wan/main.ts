/** The emulator as a process. */
import type { AddressInfo } from "node:net";
import { runAsChild } from "../local/child-process.ts";
import { wanControl } from "./control.ts";
import { PairProxy } from "./proxy.ts";

export interface WanConfig {
  readonly controlPort: number;
  readonly controlKey: string;
  readonly roads: readonly {
    readonly from: string;
    readonly to: string;
    readonly rttMs: number;
    readonly listenPort: number;
    readonly targetPort: number;
  }[];
}

export interface WanReady {
  readonly url: string;
}

runAsChild<WanConfig, WanReady>(async ({ roads, controlPort, controlKey }) => {
  const proxies = await Promise.all(
    roads.map(async ({ from, to, rttMs, listenPort, targetPort }) => {
      const proxy = new PairProxy({ from, to, rttMs, extraMs: 0, loss: 0, cut: false }, targetPort);
      await proxy.listen(listenPort);
      return proxy;
    }),
  );
  const control = wanControl(proxies, controlKey);
  await new Promise<void>((resolve, reject) => {
    control.once("error", reject);
    control.listen(controlPort, "127.0.0.1", () => resolve());
  });
  return { url: `http://127.0.0.1:${(control.address() as AddressInfo).port}` };
});
