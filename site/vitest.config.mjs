import { defineConfig } from "vitest/config";

/** The site is built once, from everything: minutes on a machine that does other things, too. */
const building = 1_200_000;

export default defineConfig({
  test: { include: ["test/*.test.mjs"], testTimeout: building, hookTimeout: building },
});
