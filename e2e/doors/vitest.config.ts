import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "@faultwire/e2e-doors",
    include: ["*.test.ts"],
    globalSetup: ["./prepare.mjs"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
