/** A host that is gone ends the session at once: in the same call, not in a later turn. */
import { create } from "@bufbuild/protobuf";
import {
  connectionLimits,
  OpenSchema,
  type PluginStream,
  type ProcessConnectionRequest,
  ProcessConnectionRequestSchema,
} from "@faultwire/connection-protocol";
import { Interception } from "@faultwire/fault-session";
import { openRuntime } from "@faultwire/runtime";
import pino from "pino";
import { expect, it, onTestFinished } from "vitest";
import { PluginConnection } from "../../../src/connections/plugin-connection.ts";

it("tells what became of a fault, and lets go of everything, in the call that says so", async () => {
  const told: string[] = [];
  const runtime = await openRuntime({
    rules: { single: { targetHosts: ["api.test"], errorProbability: 1, statusCode: 529, seed: 1 } },
    logger: pino({ level: "silent" }),
    onEvent: ({ type }) => told.push(type),
  });
  onTestFinished(async () => void (await runtime.close()));
  const said: string[] = [];
  const stream = {
    send: ({ message }) => void said.push(message.case ?? ""),
    sendBytes: () => void said.push("bytes"),
    end: () => void said.push("the end"),
  } as Pick<PluginStream, "send" | "sendBytes" | "end"> as PluginStream;
  const connection = new PluginConnection(1, {
    runtime,
    policy: runtime.policy,
    interception: runtime.interception && new Interception(runtime.interception, runtime.clock.now),
    mayDial: true,
  });
  connection.begin(stream);
  const say = (message: ProcessConnectionRequest["message"]): void =>
    connection.message(create(ProcessConnectionRequestSchema, { message }));
  const open = create(OpenSchema, {
    ...{ id: "1", minVersion: 1, maxVersion: 1, host: "api.test", port: 80 },
    creditBytes: connectionLimits.creditBytes,
    abilities: { reset: true, halfClose: true, dial: true },
  });
  say({ case: "open", value: open });
  const data = Buffer.from("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
  say({ case: "bytes", value: { $typeName: "faultwire.connection.v1.Bytes", peer: 0, data } });
  expect(said).toContain("bytes");
  expect(told).toContain("decision");
  expect(told).not.toContain("undone");
  connection.over();
  expect(told).toContain("undone");
  expect(said).toContain("the end");
  // What still comes is nobody's.
  const before = said.length;
  say({ case: "bytes", value: { $typeName: "faultwire.connection.v1.Bytes", peer: 0, data } });
  expect(said.length).toBe(before);
});
