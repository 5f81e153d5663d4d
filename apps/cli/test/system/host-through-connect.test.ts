/** What host.test.ts asks of the plugin server, once more with every chunk answered by connect's adapter. */
import { expect, it, vi } from "vitest";

const started = vi.hoisted(() => ({ slowly: 0 }));

vi.mock(import("@faultwire/plugin-server"), async (original) => {
  const real = await original();
  return {
    ...real,
    startPluginServer: (options) => {
      started.slowly++;
      return real.startPluginServer({ ...options, fastPath: false });
    },
  };
});

await import("./host.test.ts");

it("was asked of a server without the fast path", () => {
  expect(started.slowly).toBeGreaterThan(0);
});
