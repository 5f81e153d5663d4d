/** What is recorded over HTTP/2 is replayed: the same frames to a client of HTTP/2, the same message to one of HTTP/1.1. */
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import type { Header } from "@faultwire/http1";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import { soon } from "@faultwire/testkit/soon";
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { decodeRecording, encodeRecording, Recordings, type Replay, startReplay } from "../../src/index.ts";
import { bytesOf, textOf } from "../support/exchange.ts";
import { Http2ReplayClient, Http2TapRig, isOver, type SaidFrame, withoutTime } from "../support/http2.ts";

let replay: Replay | undefined;
afterEach(async () => {
  await replay?.close();
  replay = undefined;
});

const data = fc.uint8Array({ minLength: 1, maxLength: 300 });
const name = fc.stringMatching(/^x-[a-z]{1,8}$/);
const fields = fc.array(fc.tuple(name, fc.stringMatching(/^[!-~]{0,20}$/)), { maxLength: 4 });
type Ending = "data" | "empty" | "trailers" | "reset";

/** The frames of a response: interim ones, a head, data, and an end. */
const response = fc
  .record({
    early: fc.array(fields, { maxLength: 2 }),
    head: fields,
    body: fc.array(data, { maxLength: 5 }),
    ending: fc.constantFrom<Ending>("data", "empty", "trailers", "reset"),
    last: fields,
    code: fc.integer({ min: 0, max: 13 }),
  })
  .map(({ early, head, body, ending, last, code }): SaidFrame[] => {
    const frames: SaidFrame[] = early.map((more) => ({
      kind: "headers",
      fields: [[":status", "103"], ...more],
      end: false,
    }));
    frames.push({ kind: "headers", fields: [[":status", "200"], ...head], end: false });
    for (const [at, bytes] of body.entries())
      frames.push({ kind: "data", bytes, end: ending === "data" && at === body.length - 1 });
    if (ending === "trailers")
      frames.push({ kind: "headers", fields: [["x-last", "1"], ...last], end: true });
    else if (ending === "reset") frames.push({ kind: "reset", code });
    else if (ending === "empty" || body.length === 0)
      frames.push({ kind: "data", bytes: new Uint8Array(0), end: true });
    return frames;
  });

const plain = (frames: readonly SaidFrame[]): unknown =>
  frames.map((frame) => (frame.kind === "data" ? { ...frame, bytes: textOf(frame.bytes) } : frame));

it("a tap gives the frames of each stream in their order, however bytes are cut, and a file holds them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(data, response), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 40 }),
      (all, size) => {
        const rig = new Http2TapRig();
        rig.cut = (bytes) =>
          Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
            bytes.subarray(at * size, (at + 1) * size),
          );
        for (const [body, frames] of all) {
          rig.asks(body);
          rig.nowMs += 7;
          rig.says(frames);
        }
        expect(rig.left).toEqual([]);
        const read = rig.recorded.map((exchange) => decodeRecording(encodeRecording(exchange), "x.json"));
        expect(read).toEqual(rig.recorded);
        expect(rig.recorded.map(({ response: { frames } }) => plain(frames.map(withoutTime)))).toEqual(
          all.map(([, frames]) => plain(frames)),
        );
        expect(rig.recorded.map(({ request }) => textOf(request.body))).toEqual(
          all.map(([body]) => textOf(body)),
        );
        expect(rig.recorded[0]?.request).toMatchObject({ host: "api.test", method: "POST", target: "/v1/x" });
        expect(rig.recorded[0]?.response.frames[0]?.atMs).toBe(7);
      },
    ),
    { numRuns: propertyRuns(60) },
  );
});

const asked = (host: string): Header[] => [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", host],
  [":path", "/v1/x"],
];

it("a client of HTTP/2 gets the same frames again; one of HTTP/1.1 the same message, or a broken connection", async () => {
  await fc.assert(
    fc.asyncProperty(data, response, async (body, frames) => {
      const rig = new Http2TapRig();
      rig.asks(body);
      rig.says(frames);
      const [exchange] = rig.recorded;
      replay = await startReplay({ recordings: new Recordings(exchange ? [exchange] : []), speed: Infinity });
      const socket = connect(replay.port, "127.0.0.1");
      const heard = new Http2ReplayClient(socket).asks(asked("api.test"), body);
      await expect.poll(() => isOver(heard), { interval: 1 }).toBe(true);
      expect(plain(heard)).toEqual(plain(frames));
      socket.destroy();
      const wanted = frames.flatMap((frame) => (frame.kind === "data" ? [textOf(frame.bytes)] : [])).join("");
      const got = await askPlainly(replay.port, body);
      const isBroken = frames.at(-1)?.kind === "reset";
      if (isBroken) expect(got.error).toBe("ECONNRESET");
      else expect(got).toEqual({ body: wanted, error: undefined, trailers: trailersOf(frames) });
      await replay.close();
      replay = undefined;
    }),
    { numRuns: propertyRuns(25) },
  );
});

function trailersOf(frames: readonly SaidFrame[]): Header[] {
  const last = frames.at(-1);
  return last?.kind === "headers" && last.end ? [...last.fields] : [];
}

async function askPlainly(
  port: number,
  body: Uint8Array,
): Promise<{ readonly body: string; readonly error: string | undefined; readonly trailers?: unknown }> {
  const asking = request({
    port,
    method: "POST",
    path: "/v1/x",
    headers: { host: "api.test" },
    agent: false,
  });
  // A broken connection is told by the response, and here once more.
  asking.on("error", () => {});
  asking.end(body);
  let text = "";
  try {
    const [answer] = (await soon(once(asking, "response"), "the event response of asking")) as [
      import("node:http").IncomingMessage,
    ];
    answer.setEncoding("latin1");
    for await (const part of answer) text += part;
    const { rawTrailers: raw } = answer;
    const trailers = raw.flatMap((key, at) => (at % 2 === 0 ? [[key, raw[at + 1]]] : []));
    return { body: text, error: undefined, trailers };
  } catch (error) {
    return { body: text, error: (error as NodeJS.ErrnoException).code };
  }
}

it("what was recorded over HTTP/1.1 reaches a client of HTTP/2: a chunk is a frame, trailers are trailers", async () => {
  const wire =
    "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n2\r\nab\r\n0\r\nX-T: u\r\n\r\n";
  const exchange = {
    recordedAt: "2026-11-29T00:00:00.000Z",
    request: {
      ...{ scheme: "http" as const, host: "api.test", method: "POST", target: "/v1/x" },
      ...{ headers: [], body: bytesOf("1") },
    },
    response: { parts: [{ atMs: 0, bytes: bytesOf(wire) }], end: "open" },
  } as const;
  replay = await startReplay({ recordings: new Recordings([exchange]), speed: Infinity });
  const socket = connect(replay.port, "127.0.0.1");
  const client = new Http2ReplayClient(socket);
  const heard = client.asks(asked("api.test"), bytesOf("1"));
  const missing = client.asks(asked("other.test"), bytesOf("1"));
  await expect.poll(() => isOver(heard) && isOver(missing)).toBe(true);
  expect(plain(heard)).toEqual([
    {
      kind: "headers",
      fields: [
        [":status", "103"],
        ["link", "a"],
      ],
      end: false,
    },
    {
      kind: "headers",
      fields: [
        [":status", "200"],
        ["x-a", "b"],
      ],
      end: false,
    },
    { kind: "data", bytes: "one", end: false },
    { kind: "data", bytes: "ab", end: false },
    { kind: "headers", fields: [["x-t", "u"]], end: true },
  ]);
  expect(missing[0]).toMatchObject({
    fields: [
      [":status", "404"],
      ["content-type", "application/json"],
      ["content-length", expect.any(String)],
      ["x-faultwire-replay", "not-recorded"],
      ["x-should-retry", "false"],
    ],
  });
  socket.destroy();
});
