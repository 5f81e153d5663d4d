import { ErrorCode, Http2Connection, type Http2Stream, sectionOf, writePing } from "@faultwire/http2";

/** The server's end of a connection: 503 for every request, but for `/reset`, which gets half an answer. */
export function unavailable(now: () => number): Http2Connection {
  const answer = (stream: Http2Stream, path: string | undefined): void => {
    if (path === "/reset") {
      connection.respond(stream, sectionOf([[":status", "200"]]), false);
      connection.data(stream, Uint8Array.of(123));
      connection.end(stream, { kind: "reset", code: ErrorCode.INTERNAL_ERROR });
    } else
      connection.respond(
        stream,
        sectionOf([
          [":status", "503"],
          ["retry-after", "1"],
        ]),
        true,
      );
  };
  const connection: Http2Connection = new Http2Connection({
    role: "server",
    now,
    handler: {
      headers: (stream, kind, { fields }) => {
        if (kind === "request") answer(stream, fields.find(([name]) => name === ":path")?.[1]);
      },
      data: (stream, data) => connection.consumed(stream, data.length),
      reset() {},
      failed: ({ reason }) => console.error(reason),
    },
  });
  return connection;
}

/** What came from the client's socket in, what goes to it out. */
export function turn(connection: Http2Connection, chunk: Uint8Array): Uint8Array[] {
  connection.push(chunk);
  const out: Uint8Array[] = [];
  for (let bytes = connection.take(); bytes.length > 0; bytes = connection.take()) out.push(bytes);
  return out;
}

/** A frame that no connection would write by itself, between two others: a PING with an answer that nobody asked for. */
export function answerUnasked(connection: Http2Connection): void {
  connection.raw(writePing(new Uint8Array(8), true));
}
