/** One end of HTTP/2, either role, against any frames: any chunking says the same, and little is kept. */
import {
  CONNECTION_PREFACE,
  type Frame,
  FrameType,
  HpackDecoder,
  HpackEncoder,
  Http2Error,
  writeFrame,
  writeHeaders,
  writeRstStream,
  writeSettings,
  writeWindowUpdate,
} from "@faultwire/http2";
import { type Peer, peerOf, requestOn } from "../../packages/http2/test/support/peer.ts";
import { chunked, holds, same, seed, steered, type Target } from "../contract/target.ts";

const limits = {
  maxHeaderBlockBytes: 600,
  maxHeaderListBytes: 500,
  maxContinuations: 4,
  maxStreams: 3,
  streamWindowBytes: 70_000,
  connectionWindowBytes: 90_000,
};

const text = (...parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString("latin1");
const greeting = text(CONNECTION_PREFACE, writeSettings([]));
const summary = ({ type, flags, streamId, payload }: Frame): string =>
  `${type} ${flags} ${streamId} ${Buffer.from(payload).toString("hex")}`;

/** A peer in the middle of something, so that there is something to disturb. */
function begun(how: number): Peer {
  const peer = peerOf((how & 1) === 0 ? "server" : "client", (how & 2) === 0 ? limits : {}, (how & 4) === 0);
  if ((how & 1) === 0) return peer;
  const section = { fields: [[":method", "POST"] as const], neverIndexed: new Set<never>() };
  for (let index = 0; index < 3; index++) {
    const stream = peer.connection.request(section, index === 0);
    if (index > 0) peer.connection.data(stream, new Uint8Array(40_000));
    if (index > 1) peer.connection.end(stream);
  }
  return peer;
}

export const target: Target = {
  maxBytes: 1500,
  maxSteps: 4_000_000,
  words: [
    greeting,
    text(writeSettings([[4, 0]])),
    text(writeSettings([[1, 0]])),
    text(writeWindowUpdate(0, 100)),
    text(writeWindowUpdate(1, 0x7fff_ffff)),
    text(writeRstStream(1, 8)),
    text(writeFrame({ type: FrameType.PING, payload: new Uint8Array(8) })),
    text(writeFrame({ type: FrameType.CONTINUATION, flags: 4, streamId: 1 })),
    text(writeFrame({ type: FrameType.GOAWAY, payload: new Uint8Array(8) })),
    text(writeFrame({ type: FrameType.DATA, flags: 9, streamId: 1, payload: new Uint8Array(3) })),
    text(requestOn(3, new HpackEncoder(), false)),
  ],
  seeds: () => {
    const encoder = new HpackEncoder();
    const asked = text(
      requestOn(1, encoder, false),
      writeFrame({ type: 0, flags: 1, streamId: 1, payload: new Uint8Array(9) }),
    );
    const answered = text(
      writeHeaders(
        1,
        new HpackEncoder().encode([
          [":status", "200"],
          ["x-a", "b"],
        ]),
        false,
      ),
      writeFrame({ type: 0, flags: 1, streamId: 1 }),
    );
    return [
      seed(0, asked),
      seed(2, asked + text(requestOn(3, encoder))),
      seed(4, greeting + asked),
      seed(1, answered),
      seed(3, answered + text(writeRstStream(3, 2))),
      seed(8, "\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
      seed(9, "\x40\x0acustom-key\x0dcustom-header\xbe\xbe"),
    ];
  },
  run(input) {
    const [how, bytes] = steered(input);
    if ((how & 8) !== 0) {
      runDecoder(bytes);
      return;
    }
    const whole = begun(how);
    const cut = begun(how);
    whole.say(new Uint8Array(bytes));
    for (const chunk of chunked(bytes, how >> 4)) cut.connection.push(new Uint8Array(chunk));
    cut.say();
    same(cut.told.what, whole.told.what, "any chunking says the same");
    same(
      cut.told.frames.map(summary),
      whole.told.frames.map(summary),
      "any chunking is answered in the same way",
    );
    holds(
      whole.connection.heldBytes <= bytes.length + 90_000,
      "what is kept stands in proportion to what came",
    );
    holds(whole.told.what.filter((what) => what.startsWith("failed")).length <= 1, "fails once");
  },
};

/** What decodes is encoded again to something that decodes to the same. */
function runDecoder(bytes: Uint8Array): void {
  try {
    const { fields, neverIndexed } = new HpackDecoder({ maxListBytes: 5_000 }).decode(bytes);
    const again = new HpackDecoder().decode(new HpackEncoder().encode(fields, neverIndexed));
    same(again.fields, fields, "what decodes, encodes to the same");
    holds(again.neverIndexed.size === neverIndexed.size, "marks stay");
  } catch (error) {
    if (!(error instanceof Http2Error)) throw error;
  }
}
