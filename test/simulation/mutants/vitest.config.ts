import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/simulation/mutants/*.hunt.ts"], testTimeout: 300_000, maxConcurrency: 2 },
});
