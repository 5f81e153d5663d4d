/** A response of HTTP/1.1 as frames, where its end comes by itself; and both versions on one port. */
import { once } from "node:events";
import { connect } from "node:net";
import { soon } from "@faultwire/testkit/soon";
import { expect, it } from "vitest";
import { Recordings, startReplay } from "../../src/index.ts";
import { framesOf } from "../../src/other-version.ts";
import { bytesOf, exchange, responseText, textOf } from "../support/exchange.ts";
import { Http2ReplayClient, isOver } from "../support/http2.ts";

it("the end of a body that comes later is an empty frame of its own", () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n";
  const parts = [
    { atMs: 1, bytes: bytesOf(head) },
    { atMs: 9, bytes: bytesOf("0\r\n\r\n") },
  ];
  const { frames } = framesOf({ parts, end: "open" }, "POST");
  const told = frames.map((frame) =>
    frame.kind === "data" ? [frame.atMs, textOf(frame.bytes), frame.end] : [frame.atMs, frame.kind],
  );
  expect(told).toEqual([
    [1, "headers"],
    [1, "one", false],
    [9, "", true],
  ]);
});

it("a client in clear gets the version that it begins with", async () => {
  const one = exchange("1", "one");
  const replay = await startReplay({ recordings: new Recordings([one]), speed: Infinity });
  const sockets = [connect(replay.port, "127.0.0.1"), connect(replay.port, "127.0.0.1")] as const;
  try {
    sockets[0].write("POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1\r\n\r\n1");
    const [first] = (await soon(once(sockets[0], "data"), "a response of HTTP/1.1")) as [Uint8Array];
    expect(responseText(one)).toContain(textOf(first));
    const asked = [
      [":method", "POST"],
      [":scheme", "http"],
      [":authority", "api.test"],
      [":path", "/v1/messages"],
    ] as const;
    const heard = new Http2ReplayClient(sockets[1]).asks(asked, bytesOf("1"));
    await expect.poll(() => isOver(heard), { timeout: 5000 }).toBe(true);
    expect(heard[0]).toMatchObject({
      kind: "headers",
      fields: [
        [":status", "200"],
        ["content-length", "3"],
      ],
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    await replay.close();
  }
});
