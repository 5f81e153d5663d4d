/** The table of whole connections: how many there may be, and what it costs a process that has none. */
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { grpcStatus } from "@faultwire/connection-protocol";
import { openRuntime } from "@faultwire/runtime";
import pino from "pino";
import { expect, it, onTestFinished } from "vitest";
import { Connections } from "../../../src/connections/connections.ts";
import { hostOf } from "../../support/connection-host.ts";

const activeTimers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

it("refuses connections beyond so many at the same time, and takes one again when one has gone", async () => {
  const runtime = await openRuntime({
    rules: { single: { targetHosts: ["api.test"], errorProbability: 1, statusCode: 529, seed: 1 } },
    logger: pino({ level: "silent" }),
  });
  onTestFinished(async () => void (await runtime.close()));
  const before = activeTimers();
  const connections = new Connections({ runtime, policy: runtime.policy, mayDial: true, maxConnections: 2 });
  onTestFinished(() => connections.close());
  // A process that has nothing else to do ends.
  expect(activeTimers()).toBe(before);
  const server = createServer().on("stream", connections.take).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await expect.poll(() => server.listening).toBe(true);
  const open = hostOf({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

  const [first, second] = [open(), open()];
  for (const each of [first, second]) each.open();
  await expect.poll(() => second.said.length).toBeGreaterThan(0);
  const third = open();
  third.open();
  expect(await third.ended()).toEqual({
    status: grpcStatus.resourceExhausted,
    message: "2 connections are open, the most that are taken",
  });
  expect([first.end, second.end, connections.size]).toEqual([undefined, undefined, 2]);

  first.stream.cancel();
  await expect.poll(() => connections.size).toBe(1);
  const fourth = open();
  fourth.open();
  await expect.poll(() => fourth.said.length).toBeGreaterThan(0);
  expect([fourth.end, connections.size]).toEqual([undefined, 2]);
});
