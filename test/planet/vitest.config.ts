import { defineConfig } from "vitest/config";

/** One after the other: each planet is a dozen processes. */
export default defineConfig({
  test: {
    include: ["test/planet/*.planet.ts"],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 150_000,
  },
});
