/** Which plugin dials by itself for hosts that can't. */
import { grpcStatus, PluginChannel } from "@faultwire/connection-protocol";
import { openRuntime } from "@faultwire/runtime";
import pino from "pino";
import { expect, it, onTestFinished } from "vitest";
import { startPluginServer } from "../../../src/index.ts";
import { PlayedHost } from "../../support/connection-host.ts";

it.each([
  { host: "127.0.0.1", isRefused: false },
  { host: "0.0.0.0", isRefused: true },
])(
  "a plugin that listens on $host refuses a host that can't dial: $isRefused",
  async ({ host, isRefused }) => {
    const runtime = await openRuntime({
      rules: { single: { targetHosts: ["api.test"], errorProbability: 0, seed: 1 } },
      logger: pino({ level: "silent" }),
    });
    onTestFinished(async () => void (await runtime.close()));
    const server = await startPluginServer({ runtime, host, port: 0, sides: ["server"] });
    onTestFinished(() => server.close({ hurry: AbortSignal.abort() }));
    const channel = new PluginChannel(`http://127.0.0.1:${server.endpoints[0]?.port}`);
    onTestFinished(() => channel.close());
    const played = new PlayedHost(channel);
    played.open({
      abilities: {
        $typeName: "faultwire.connection.v1.Abilities",
        ...{ reset: true, halfClose: true, dial: false },
      },
    });
    if (!isRefused) {
      await expect.poll(() => played.said[0]?.case).toBe("accept");
      return;
    }
    expect(await played.ended()).toMatchObject({
      status: grpcStatus.failedPrecondition,
      message: expect.stringContaining("the host can't dial, and this plugin may not"),
    });
  },
);
