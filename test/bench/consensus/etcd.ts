/** Three members of etcd on loopback, for the same clients: over HTTP and JSON, as its gRPC gateway speaks them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "./lab.ts";

const MEMBERS = ["a", "b", "c"];

export interface Etcd {
  readonly version: string;
  /** The leader's first. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Null when there is none on the PATH. */
export async function startEtcd(): Promise<Etcd | null> {
  const { status, stdout } = spawnSync("etcd", ["--version"], { encoding: "utf8" });
  if (status !== 0) return null;
  const directory = await mkdtemp(join(tmpdir(), "mpreg-etcd-"));
  const members = await Promise.all(
    MEMBERS.map(async (name) => ({ name, client: await address(), peer: await address() })),
  );
  const cluster = members.map(({ name, peer }) => `${name}=${peer}`).join(",");
  const processes = members.map(({ name, client, peer }): ChildProcess => {
    const flags = {
      name,
      "data-dir": join(directory, name),
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": cluster,
      "initial-cluster-state": "new",
    };
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    return spawn("etcd", args, { stdio: "ignore" });
  });
  const stop = async (): Promise<void> => {
    for (const member of processes) member.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const urls = members.map(({ client }) => client);
    let leader = "";
    await until("etcd has a leader", async () => {
      const standings = await Promise.all(urls.map(standingAt));
      leader = urls[standings.findIndex(({ member, leader: led }) => member === led && led !== "0")] ?? "";
      return leader !== "";
    });
    const [, version = "unknown"] = /Version: (\S+)/.exec(stdout) ?? [];
    return { version, urls: [leader, ...urls.filter((url) => url !== leader)], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function standingAt(url: string): Promise<{ readonly member: string; readonly leader: string }> {
  const response = await fetch(`${url}/v3/maintenance/status`, { method: "POST", body: "{}" });
  const { header, leader } = (await response.json()) as { header: { member_id: string }; leader?: string };
  return { member: header.member_id, leader: leader ?? "0" };
}

async function address(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}
