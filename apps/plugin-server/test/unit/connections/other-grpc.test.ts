/** The wire is gRPC's: a host that is made with connect, and knows nothing of our code, is served as our own is. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import {
  ConnectionService,
  connectionLimits,
  ProcessConnectionRequestSchema,
} from "@faultwire/connection-protocol";
import { expect, it, onTestFinished } from "vitest";
import { servePlugin } from "../../support/connection-host.ts";

type Init = MessageInitShape<typeof ProcessConnectionRequestSchema>;

it("serves a host that is made with connect: an answer of a rule, and an error with its status and reason", async () => {
  const { url } = await servePlugin();
  const sessionManager = new Http2SessionManager(url);
  onTestFinished(() => sessionManager.abort());
  const client = createClient(ConnectionService, createGrpcTransport({ baseUrl: url, sessionManager }));
  const open = (maxVersion: number, minVersion = 1): Init => ({
    message: {
      case: "open",
      value: {
        ...{ id: "1", minVersion, maxVersion, host: "api.test", port: 80 },
        creditBytes: connectionLimits.creditBytes,
        abilities: { dial: true },
      },
    },
  });
  const request = Buffer.from("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
  let answered = (): void => {};
  const isAnswered = new Promise<void>((resolve) => {
    answered = resolve;
  });
  async function* host(): AsyncGenerator<ReturnType<typeof create<typeof ProcessConnectionRequestSchema>>> {
    yield create(ProcessConnectionRequestSchema, open(1));
    yield create(ProcessConnectionRequestSchema, {
      message: { case: "bytes", value: { peer: 0, data: request } },
    });
    await isAnswered;
  }
  let text = "";
  for await (const { message } of client.processConnection(host())) {
    if (message.case === "bytes") text += Buffer.from(message.value.data).toString("latin1");
    if (text.includes("\r\n\r\n")) answered();
  }
  expect(text).toMatch(/^HTTP\/1.1 529 /);
  async function* unknown(): AsyncGenerator<
    ReturnType<typeof create<typeof ProcessConnectionRequestSchema>>
  > {
    yield create(ProcessConnectionRequestSchema, open(3, 2));
  }
  const refused = (async () => {
    for await (const _ of client.processConnection(unknown()));
  })();
  await expect(refused).rejects.toThrow(/failed_precondition.*the host speaks versions 2 to 3/);
});
