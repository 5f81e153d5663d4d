import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "@faultwire/e2e-fetch",
    include: ["*.test.ts"],
    // A browser takes its time to start on a slow machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
