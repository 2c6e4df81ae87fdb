import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.hunt.ts"], testTimeout: 300_000, maxConcurrency: 2 },
});
