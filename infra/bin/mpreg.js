#!/usr/bin/env node
// TypeScript runs as it is from Node 22.18 on. Older ones hand over to the Node that the packages bring along.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

// What was compiled once is not compiled again, here or in the processes that this one starts.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../../node_modules/.cache/mpreg", import.meta.url));

if (major > 22 || (major === 22 && minor >= 18)) {
  nodeModule.enableCompileCache();
  await import("../cli/main.ts");
} else {
  const own = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
  if (!existsSync(own)) {
    console.error(
      `mpreg needs Node 22.18 or later, and this is ${process.versions.node}: run npm ci first, which brings one.`,
    );
    process.exit(1);
  }
  const main = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  // The child decides when it is done. The terminal's Ctrl-C reaches it twice, which is one request to stop.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
