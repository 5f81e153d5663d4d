/** What a server says that can't listen, and which hosts it counts once it does. */
import { Server } from "node:net";
import { FaultEngine } from "@faultwire/fault-engine";
import { carrierRuntime } from "@faultwire/runtime";
import pino from "pino";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { startPluginServer } from "../../src/index.ts";
import { GrpcPeer } from "../support/grpc-peer.ts";

afterEach(() => vi.restoreAllMocks());

const start = () =>
  startPluginServer({
    runtime: carrierRuntime({
      engine: new FaultEngine({ startedAtMs: 0 }),
      logger: pino({ level: "silent" }),
    }),
    port: 0,
    sides: ["server"],
  });

it.each([
  ["EADDRINUSE", "address-in-use", "127.0.0.1:0 is in use by another program; stop it"],
  ["EACCES", "address-denied", "no permission to listen on 127.0.0.1:0; choose a port above 1023"],
  ["EADDRNOTAVAIL", "address-unavailable", "can't listen on 127.0.0.1:0 (EADDRNOTAVAIL); give an address"],
])("tells by a code and what to do that the system refuses its address (%s)", async (code, own, says) => {
  vi.spyOn(Server.prototype, "listen").mockImplementation(function refused(this: Server) {
    queueMicrotask(() => this.emit("error", Object.assign(new Error("refused"), { code })));
    return this;
  });
  await expect(start()).rejects.toMatchObject({
    code: own,
    message: expect.stringContaining(says),
    cause: { code },
  });
});

it("says to a host's health check that it is shutting down, from the moment on at which it is to", async () => {
  const server = await start();
  const peer = await GrpcPeer.open(server.endpoints[0]!.url);
  expect(await peer.health()).toMatchObject({ healthy: true });
  const hurry = new AbortController();
  const closed = server.close({ hurry: hurry.signal });
  expect(await peer.health()).toMatchObject({ healthy: false, message: "shutting down" });
  hurry.abort();
  await closed;
  peer.close();
});

it("counts the hosts that are connected", async () => {
  const server = await start();
  onTestFinished(() => server.close({ hurry: AbortSignal.abort() }));
  expect(server.usage().hosts).toBe(0);
  const peers = await Promise.all([1, 2].map(() => GrpcPeer.open(server.endpoints[0]!.url)));
  for (const peer of peers) await peer.health();
  expect(server.usage().hosts).toBe(2);
  for (const peer of peers) peer.close();
  await expect.poll(() => server.usage().hosts).toBe(0);
});
