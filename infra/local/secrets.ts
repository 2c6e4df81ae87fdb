/** The keys of a local planet: drawn once, kept in its state directory. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readJson, writeJson } from "./files.ts";

export interface Secrets {
  /** Signs user tokens. */
  readonly userKey: string;
  /** Signs the tokens by which hubs know each other. */
  readonly peerKey: string;
}

export async function loadSecrets(stateDir: string): Promise<Secrets> {
  const file = join(stateDir, "secrets.json");
  const kept = await readJson<Secrets>(file);
  if (kept) return kept;
  const secrets = { userKey: randomBytes(32).toString("hex"), peerKey: randomBytes(32).toString("hex") };
  await writeJson(file, secrets);
  return secrets;
}
