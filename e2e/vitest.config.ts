// Every test behind a command `npm run interop…`, for `list.mjs`, which only looks whether they can be loaded. To run
// them, each command has a configuration of its own.
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      "certificates",
      "doors",
      "fault",
      "fetch",
      "interop",
      "offline",
      "page",
      "report",
      "verdicts",
    ].map((name) => ({
      test: { name, root: join(import.meta.dirname, name), include: ["*.test.ts"] },
    })),
  },
});
