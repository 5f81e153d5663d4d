import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "@faultwire/e2e-verdicts", include: ["*.test.ts"], testTimeout: 60_000 },
});
