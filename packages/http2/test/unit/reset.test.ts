/** When RST_STREAM goes out, and when it does not. */
import { ErrorCode, Http2Connection, type Http2Stream, sectionOf } from "@faultwire/http2";
import { expect, it } from "vitest";
import { handlerOf } from "../support/wired.ts";

const request = sectionOf([
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "api.test"],
  [":path", "/"],
]);

/** Frame types of what goes out. */
function typesOf(connection: Http2Connection): number[] {
  const types: number[] = [];
  for (let bytes = connection.take(); bytes.length > 0; bytes = connection.take())
    for (let at = 0; at < bytes.length; at += 9 + Buffer.from(bytes).readUIntBE(at, 3))
      types.push(bytes[at + 3] ?? -1);
  return types;
}

it.each([
  { what: "whose end has just come is not reset: it is over", endStream: true, resets: 0 },
  { what: "that goes on is reset", endStream: false, resets: 1 },
])("a stream $what", ({ endStream, resets }) => {
  const now = (): number => 0;
  const server = new Http2Connection({
    role: "server",
    now,
    handler: handlerOf({
      headers: (stream: Http2Stream) => server.respond(stream, sectionOf([[":status", "200"]]), false),
    }),
  });
  const client = new Http2Connection({
    role: "client",
    now,
    handler: handlerOf({ data: (stream: Http2Stream) => client.reset(stream, ErrorCode.CANCEL) }),
  });
  client.request(request, true);
  server.push(client.take());
  client.push(server.take());
  typesOf(client);
  const asked = server.find(1)!;
  server.data(asked, new Uint8Array(10));
  if (endStream) server.end(asked);
  client.push(server.take());
  expect(typesOf(client).filter((type) => type === 3).length).toBe(resets);
  expect(client.streams).toBe(0);
});
