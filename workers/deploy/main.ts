/** `node workers/deploy/main.ts [federation.yaml]`: writes wrangler.toml. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderWranglerToml } from "./wrangler-toml.ts";

const ROOT = join(import.meta.dirname, "../..");
const source = process.argv[2] ?? join(ROOT, "infra/topologies/planet.yaml");
await writeFile(join(ROOT, "wrangler.toml"), renderWranglerToml(await readFile(source, "utf8")));
