/** Deadlines beyond 24.8 days, for connect's adapter, which makes one timer of them. */
import { createServer, type IncomingHttpHeaders } from "node:http2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterAll, expect, it } from "vitest";
import { withoutFarDeadlines } from "../../src/index.ts";
import { EchoService } from "../support/echo-service.ts";
import { call, enveloped, paths, RawServer } from "../support/raw-client.ts";

let seen: IncomingHttpHeaders = {};
const adapter = connectNodeAdapter({
  routes: (router) => router.service(EchoService, { other: (request) => request }),
});
const server = RawServer.around(
  createServer(
    withoutFarDeadlines((...[request, response]: Parameters<typeof adapter>) => {
      seen = request.headers;
      adapter(request, response);
    }),
  ),
);
afterAll(() => server.close());

it.each(["99999999H", "2147484S", "35792M"])("are taken off: grpc-timeout %s", async (value) => {
  const client = await server.client();
  const { trailers } = await call(client, paths.other, enveloped("hello"), { "grpc-timeout": value });
  expect(seen).not.toHaveProperty("grpc-timeout");
  expect(trailers["grpc-status"]).toBe("0");
});

it.each(["2147483S", "1H", "soon", "2147483648m"])(
  "are left where a timer holds them, or where they are none: %s",
  async (value) => {
    await call(await server.client(), paths.other, enveloped("hello"), { "grpc-timeout": value });
    expect(seen).toHaveProperty("grpc-timeout", value);
  },
);

it.each([
  ["2147483648", true],
  ["9999999999", true],
  ["2147483647", false],
  ["1000", false],
])("of the Connect protocol, connect-timeout-ms %s: taken off is %s", async (value, isTaken) => {
  const headers = { "content-type": "application/json", "connect-protocol-version": "1" };
  const body = Buffer.from('"aGVsbG8="');
  const timed = { ...headers, "connect-timeout-ms": value };
  const answer = await call(await server.client(), paths.other, body, timed);
  expect(answer.headers[":status"]).toBe(200);
  expect(seen["connect-timeout-ms"]).toBe(isTaken ? undefined : value);
});
