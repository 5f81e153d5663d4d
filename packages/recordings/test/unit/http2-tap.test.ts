import type { Header } from "@faultwire/http1";
import {
  FrameFlag,
  FrameType,
  HpackEncoder,
  sectionOf,
  writeData,
  writeFrame,
  writeHeaders,
} from "@faultwire/http2";
import { expect, it } from "vitest";
import { bytesOf } from "../support/exchange.ts";
import { Http2TapRig } from "../support/http2.ts";

const ok = { kind: "headers", fields: [[":status", "200"]], end: false } as const;
const data = (text: string, end = false) => ({ kind: "data", bytes: bytesOf(text), end }) as const;

/** A request whose body is to go on behind its first word. */
function asksOne(rig: Http2TapRig) {
  const stream = rig.client.request(
    sectionOf([
      [":method", "POST"],
      [":scheme", "https"],
      [":path", "/"],
    ]),
    false,
  );
  rig.client.data(stream, bytesOf("one"));
  rig.flush();
  return stream;
}

/** The rest of its body. */
function asksTwo(rig: Http2TapRig, stream: ReturnType<typeof asksOne>): void {
  rig.client.data(stream, bytesOf("two"));
  rig.client.end(stream);
  rig.flush();
}

it("streams that go on side by side are exchanges of their own, in the order of their ends", () => {
  const rig = new Http2TapRig();
  const requests = ["one", "two"].map((text) => rig.asks(bytesOf(text)));
  expect(requests).toHaveLength(2);
  const [first, second] = rig.asked;
  for (const stream of [second!, first!]) rig.server.respond(stream, sectionOf(ok.fields), false);
  rig.flush();
  for (const stream of [second!, first!]) {
    rig.server.data(stream, bytesOf(`to ${stream.id}`));
    rig.server.end(stream);
    rig.flush();
  }
  expect(rig.recorded.map(({ request }) => Buffer.from(request.body).toString())).toEqual(["two", "one"]);
  expect(rig.left).toEqual([]);
});

it("a stream that its connection cut off has that end; the client's own end is none", () => {
  const cut = new Http2TapRig();
  cut.asks(bytesOf("1"));
  cut.says([ok, data("half")]);
  cut.tap.upstreamEnded("reset");
  expect(cut.recorded.map(({ response: { frames, end } }) => [frames.length, end])).toEqual([[2, "reset"]]);
  const gone = new Http2TapRig();
  gone.asks(bytesOf("1"));
  gone.says([ok]);
  gone.tap.finish();
  expect([gone.recorded, gone.left]).toEqual([[], ["incomplete"]]);
  const unanswered = new Http2TapRig();
  unanswered.asks(bytesOf("1"));
  unanswered.tap.upstreamEnded("fin");
  expect(unanswered.left).toEqual(["unanswered"]);
});

it("what the client resets, or GOAWAY refuses, is not recorded", () => {
  const rig = new Http2TapRig();
  const stream = rig.asks(bytesOf("1"));
  rig.client.reset(stream, 8);
  rig.flush();
  rig.asks(bytesOf("2"));
  rig.server.goaway(0, 1);
  rig.flush();
  expect([rig.recorded, rig.left]).toEqual([[], ["incomplete", "unanswered"]]);
});

it("a client that says more once it has read some of the answer is told: no replay could do that", () => {
  const rig = new Http2TapRig();
  const stream = asksOne(rig);
  rig.says([ok, data("answer")]);
  asksTwo(rig, stream);
  rig.says([data("", true)]);
  expect([rig.recorded, rig.left]).toEqual([[], ["interleaved"]]);
});

it("an answer that comes before all of its request waits for that; its end by RST_STREAM NO_ERROR does not count", () => {
  const rig = new Http2TapRig();
  const stream = asksOne(rig);
  rig.says([ok, data("early", true)]);
  expect(rig.recorded).toEqual([]);
  asksTwo(rig, stream);
  expect(rig.recorded).toMatchObject([{ response: { frames: [{ atMs: 0 }, { atMs: 0 }] } }]);
});

it.each([
  [
    "a broken header block",
    writeFrame({
      type: FrameType.HEADERS,
      flags: FrameFlag.END_HEADERS,
      streamId: 1,
      payload: Uint8Array.of(0x80),
    }),
  ],
  ["a frame that is too long", Uint8Array.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1)],
])("%s is told once, and nothing more is heard", (_, bytes) => {
  const rig = new Http2TapRig();
  rig.asks(bytesOf("1"));
  rig.tap.fromUpstream(bytes);
  rig.tap.fromUpstream(bytes);
  rig.tap.upstreamEnded("fin");
  expect([rig.recorded, rig.left]).toEqual([[], ["not-http2"]]);
});

it("an exchange of more than 64 MiB is not kept, and the next one is", () => {
  const rig = new Http2TapRig();
  rig.asks(bytesOf("1"));
  rig.says([ok]);
  const mebibyte = new Uint8Array(1_048_576);
  for (let count = 0; count < 65; count++) rig.says([{ kind: "data", bytes: mebibyte, end: count === 64 }]);
  expect([rig.recorded, rig.left]).toEqual([[], ["too-large"]]);
  rig.asks(bytesOf("2"));
  rig.says([ok, data("x", true)]);
  expect(rig.recorded).toHaveLength(1);
});

it.each([
  [
    "a head with a capital in a name",
    [
      [
        [":status", "200"],
        ["X-A", "b"],
      ],
    ],
  ],
  ["two heads", [ok.fields, ok.fields]],
] as const)("%s is no response of HTTP/2: it is told, and its connection goes on", (_name, heads) => {
  const rig = new Http2TapRig();
  const encoder = new HpackEncoder();
  // By hand: a client of ours resets such a stream.
  const says = (streamId: number, sections: readonly (readonly Header[])[], text: string): void => {
    for (const fields of sections)
      rig.tap.fromUpstream(writeHeaders(streamId, encoder.encode(fields), false));
    rig.tap.fromUpstream(writeData(streamId, bytesOf(text), true));
  };
  rig.asks(bytesOf("1"));
  says(1, heads, "one");
  rig.asks(bytesOf("2"));
  says(3, [ok.fields], "two");
  expect(rig.left).toEqual(["not-http2"]);
  expect(rig.recorded.map(({ request }) => Buffer.from(request.body).toString())).toEqual(["2"]);
});
