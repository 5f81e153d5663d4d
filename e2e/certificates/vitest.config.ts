import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "@faultwire/e2e-certificates",
    include: ["*.test.ts"],
    // Compiling the Go program for the first time takes half a minute on a slow machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
