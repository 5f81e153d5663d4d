/** What a caller sends behind its answer: so much and no more. */
import { once } from "node:events";
import { constants, type ServerHttp2Stream } from "node:http2";
import { create } from "@bufbuild/protobuf";
import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { soon } from "@faultwire/testkit/soon";
import { afterEach, beforeEach, expect, it } from "vitest";
import { unaryFastPath } from "../../src/index.ts";
import { EchoService } from "../support/echo-service.ts";
import { open, paths, RawServer } from "../support/raw-client.ts";

/** As the README has it: 1 MiB. */
const most = 1_048_576;

let server: RawServer;
beforeEach(() => {
  const methods = { echo: () => create(BytesValueSchema) };
  server = RawServer.create(() => {}, unaryFastPath({ service: EchoService, methods }));
});
afterEach(() => server.close());

it("goes on to a limit, and ends the stream at the first byte above it", async () => {
  const opened = once(server.server, "stream") as Promise<[ServerHttp2Stream]>;
  const client = await server.client();
  const stream = open(client, paths.echo);
  const closed = once(stream, "close");
  const trailers = once(stream, "trailers");
  stream.resume();
  // A prefix that declares too much is answered at once.
  stream.write(Buffer.alloc(5, 0xff));
  const [theirs] = await soon(opened, "the stream");
  await soon(trailers, "the answer");
  let came = 0;
  theirs.on("data", (chunk: Buffer) => {
    came += chunk.length;
  });
  stream.write(Buffer.alloc(most - 1));
  await expect.poll(() => came).toBe(most - 1);
  stream.write(Buffer.alloc(1));
  await expect.poll(() => came).toBe(most);
  // A frame that the caller gets behind a reset, if there was one.
  const pinged = new Promise((resolve) => client.ping((...answer) => resolve(answer)));
  await soon(pinged, "the ping's answer");
  expect([theirs.closed, stream.closed]).toEqual([false, false]);
  stream.write(Buffer.alloc(1));
  await soon(closed, "the end of the stream");
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
});
