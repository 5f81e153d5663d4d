import { describe, expect, it } from "vitest";
import { recordingLimits } from "../../src/index.ts";
import { head, question, responseText, TapRig, textOf } from "../support/exchange.ts";

describe("a tap", () => {
  it("gives an exchange with every byte of its response and the time of each since the request was out", () => {
    const rig = new TapRig();
    rig.asks(question.slice(0, 60));
    rig.nowMs += 5;
    rig.asks(question.slice(60));
    rig.nowMs += 120;
    rig.says(head);
    rig.nowMs += 30;
    rig.says("5\r\ndata:\r\n");
    rig.says("2\r\n\n\n\r\n");
    rig.nowMs += 1;
    rig.says("0\r\n\r\n");
    const [exchange] = rig.recorded;
    expect(exchange?.request).toMatchObject({
      ...{ scheme: "https", host: "api.test", method: "POST", target: "/v1/messages?beta=1" },
    });
    expect(textOf(exchange!.request.body)).toBe('{"model":"m"}');
    expect(exchange?.recordedAt).toBe("2026-11-29T00:00:01.005Z");
    expect(exchange?.response.parts.map(({ atMs, bytes }) => [atMs, textOf(bytes)])).toEqual([
      [120, head],
      [150, "5\r\ndata:\r\n2\r\n\n\n\r\n"],
      [151, "0\r\n\r\n"],
    ]);
    expect(exchange?.response.end).toBe("open");
  });

  it("keeps interim responses with the final one, and reads HEAD and pipelined requests by their methods", () => {
    const rig = new TapRig();
    rig.asks("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    const first = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    const second = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    rig.says(first + second);
    expect(rig.recorded.map(responseText)).toEqual([first, second]);
    expect(rig.recorded.map(({ request }) => request.target)).toEqual(["/a", "/b"]);
  });

  it("tells a body that lasts to the end, one that is cut off, and one that breaks", () => {
    const untilClose = new TapRig();
    untilClose.asks(question);
    untilClose.says("HTTP/1.1 200 OK\r\n\r\nabc");
    untilClose.tap.upstreamEnded("fin");
    expect(untilClose.recorded[0]?.response.end).toBe("fin");
    for (const how of ["fin", "reset"] as const) {
      const cut = new TapRig();
      cut.asks(question);
      cut.says(`${head}5\r\nda`);
      cut.tap.upstreamEnded(how);
      expect(responseText(cut.recorded[0]!)).toBe(`${head}5\r\nda`);
      expect(cut.recorded[0]?.response.end).toBe(how);
      expect(cut.left).toEqual([]);
    }
  });

  it("tells that the connection ends behind a response that says so", () => {
    const rig = new TapRig();
    rig.asks(question);
    rig.says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    expect(rig.recorded[0]?.response.end).toBe("fin");
  });

  it("records an early answer once all of its request has come, and none of which less came", () => {
    const early = new TapRig();
    const tooLarge = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
    early.asks(question.slice(0, -5));
    early.says(tooLarge);
    expect(early.recorded).toEqual([]);
    early.asks(question.slice(-5));
    expect(textOf(early.recorded[0]!.request.body)).toBe('{"model":"m"}');
    expect(responseText(early.recorded[0]!)).toBe(tooLarge);
    const half = new TapRig();
    half.asks(question.slice(0, -5));
    half.says(tooLarge);
    half.tap.upstreamEnded("fin");
    expect([half.recorded, half.left]).toEqual([[], ["incomplete"]]);
  });

  it("keeps copies: the memory of a call may be used again", () => {
    const rig = new TapRig();
    const bytes = new Uint8Array(Buffer.from(question));
    rig.tap.toUpstream(bytes);
    bytes.fill(0);
    rig.says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(textOf(rig.recorded[0]!.request.body)).toBe('{"model":"m"}');
  });

  it("records nothing of an exchange over the limit, says so, and goes on behind it", () => {
    const rig = new TapRig();
    rig.asks(question);
    rig.says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const piece = new Uint8Array(8_388_608);
    rig.says(`${(9 * piece.length).toString(16)}\r\n`);
    for (let count = 0; count < 9; count++) rig.tap.fromUpstream(piece);
    expect(recordingLimits.maxExchangeBytes).toBeLessThan(9 * piece.length);
    rig.says("\r\n0\r\n\r\n");
    expect(rig.left).toEqual(["too-large"]);
    rig.asks(question);
    rig.says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(rig.recorded).toHaveLength(1);
  });

  it.each([
    ["no HTTP", (rig: TapRig) => rig.asks("\u0016\u0003\u0001 hello\r\n\r\n"), "not-http1"],
    [
      "an upgrade",
      (rig: TapRig) => {
        rig.asks("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        rig.says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nframes");
      },
      "not-http1",
    ],
    [
      "a request without an answer",
      (rig: TapRig) => {
        rig.asks(question);
        rig.tap.finish();
      },
      "unanswered",
    ],
    [
      "a response that was left in its middle",
      (rig: TapRig) => {
        rig.asks(question);
        rig.says(`${head}5\r\nda`);
        rig.tap.finish();
      },
      "incomplete",
    ],
    [
      "too many requests at once",
      (rig: TapRig) =>
        rig.asks("GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(recordingLimits.maxOutstanding + 1)),
      "pipelined",
    ],
  ] as const)("tells why it recorded nothing: %s", (_name, act, reason) => {
    const rig = new TapRig();
    act(rig);
    rig.tap.finish();
    expect(rig.left).toEqual([reason]);
    expect(rig.recorded).toEqual([]);
  });
});
