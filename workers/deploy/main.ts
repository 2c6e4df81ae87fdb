/** `node workers/deploy/main.ts [federation.yaml]`: writes wrangler.toml, and the federation that is bundled with the code. */
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { bundledFederation } from "./bundled-federation.ts";
import { renderWranglerToml } from "./wrangler-toml.ts";

const ROOT = join(import.meta.dirname, "../..");
const source = process.argv[2] ?? join(ROOT, "infra/topologies/planet.yaml");
const text = await readFile(source, "utf8");
const parsed = bundledFederation(text, source, process.env);
if (typeof parsed === "string") {
  console.error(parsed);
  process.exit(1);
}
await writeFile(join(ROOT, "durable-objects/deployment/federation.json"), `${JSON.stringify(parsed, null, 2)}\n`);
await writeFile(join(ROOT, "wrangler.toml"), renderWranglerToml(parsed, relative(ROOT, source)));
