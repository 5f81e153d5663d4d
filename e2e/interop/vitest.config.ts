import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "@faultwire/e2e-interop",
    include: ["*.test.ts"],
    globalSetup: ["./check-tools.ts"],
    // The first build of the Go program takes half a minute on a slow machine, and 100 MiB a few.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
