/** One connection of HTTP/2 in clear with a fault, or with none, whatever both peers say and when. */
import { FAULT_KINDS } from "@faultwire/fault-engine";
import type { EndKind, Side } from "@faultwire/fault-session";
import { encodePrefix } from "@faultwire/grpc";
import {
  CONNECTION_PREFACE,
  FrameReader,
  HpackDecoder,
  HpackEncoder,
  Http2Error,
  readContent,
  writeData,
  writeGoaway,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "@faultwire/http2";
import { sampleEvents, sampleFaults } from "../../packages/fault-session/test/support/sample-faults.ts";
import { scriptedPolicy } from "../../packages/fault-session/test/support/scripted-policy.ts";
import { SocketPair } from "../../packages/fault-session/test/support/socket-pair.ts";
import { deed, deedsOf, script } from "../contract/script.ts";
import { holds, type Target } from "../contract/target.ts";

const greeting = Buffer.concat([CONNECTION_PREFACE, writeSettings([])]);
/** What a session may hold back of one peer's bytes; see `sessionLimits`. */
const maxHeldBytes = 2_500_000;
const waits = [1, 10, 100, 1000, 5000, 60_000, 0, 333] as const;
type Fields = readonly (readonly [string, string])[];

/** Header sections that are asked for and answered with, by number. */
const asked: readonly Fields[] = [
  [
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", "api.test"],
    [":path", "/v1/messages"],
  ],
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", "api.test"],
    [":path", "/"],
    ["x-faultwire", "none"],
  ],
  [
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", "api.test"],
    [":path", "/pkg.Service/Method"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ],
  [
    [":method", "HEAD"],
    [":scheme", "http"],
    [":authority", "other.test"],
    [":path", "/"],
  ],
];
const answered: readonly Fields[] = [
  [
    [":status", "200"],
    ["content-type", "text/event-stream"],
  ],
  [
    [":status", "200"],
    ["content-type", "application/grpc"],
  ],
  [[":status", "103"]],
  [
    [":status", "200"],
    ["content-length", "2"],
    ["content-encoding", "gzip"],
  ],
  [
    ["grpc-status", "0"],
    ["grpc-message", "fine"],
  ],
  [[":status", "500"]],
];

export const target: Target = {
  maxBytes: 4000,
  maxSteps: 6_000_000,
  words: [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((what) => String.fromCharCode(0xf7, what, 0)),
    Buffer.from(writeSettings([[3, 0]])).toString("latin1"),
    Buffer.from(writeSettings([[4, 0]])).toString("latin1"),
    Buffer.from(writeWindowUpdate(0, 0x7fff_0000)).toString("latin1"),
    Buffer.from(writeRstStream(1, 8)).toString("latin1"),
    Buffer.from(writePing(new Uint8Array(8), false)).toString("latin1"),
    Buffer.from(writeGoaway(1, 0)).toString("latin1"),
    sampleEvents[0]!,
  ],
  seeds: () => [
    ...FAULT_KINDS.map((_kind, at) =>
      script(
        [0, at + 1, 1],
        deed(7, 0, Uint8Array.of(1, 0)),
        deed(9, 1, Buffer.concat([Buffer.of(1), Buffer.from('{"model":"m"}')])),
        deed(8, 0, Uint8Array.of(1, 0)),
        ...sampleEvents.map((event) =>
          deed(10, 0, Buffer.concat([Buffer.of(1), Buffer.from(event, "latin1")])),
        ),
        deed(10, 1, Uint8Array.of(1)),
        deed(4, 3),
      ),
    ),
    ...FAULT_KINDS.filter((kind) => /^(?:grpc|http2|connection)/.test(kind)).map((kind) =>
      script(
        [0, FAULT_KINDS.indexOf(kind) + 1, 0],
        deed(7, 0, Uint8Array.of(1, 2)),
        deed(9, 1, Buffer.concat([Buffer.of(1), encodePrefix(3), Buffer.from("one")])),
        deed(7, 1, Uint8Array.of(3, 2)),
        deed(8, 0, Uint8Array.of(1, 1)),
        deed(10, 0, Buffer.concat([Buffer.of(1), encodePrefix(3), Buffer.from("two")])),
        deed(4, 2),
        deed(8, 1, Uint8Array.of(1, 4)),
        deed(8, 1, Uint8Array.of(3, 5)),
        deed(4, 4),
      ),
    ),
    script(
      [0, 0, 4],
      deed(7, 1, Uint8Array.of(1, 1)),
      deed(8, 1, Uint8Array.of(1, 5)),
      deed(0, 0, writeRstStream(3, 8)),
      deed(2),
    ),
    script(
      [0, 0, 0],
      deed(7, 1, Uint8Array.of(1, 0)),
      deed(1, 0, writeGoaway(0, 0)),
      deed(7, 1, Uint8Array.of(3, 0)),
      deed(3),
    ),
  ],
  run(input) {
    const [ofConnection = 0, ofRequest = 0, options = 0] = input;
    const fault = (number: number) => {
      const kind = FAULT_KINDS[(number % (FAULT_KINDS.length + 1)) - 1];
      return kind === undefined ? null : sampleFaults[kind];
    };
    const [connection, request] = [fault(ofConnection), fault(ofRequest)];
    const policy = scriptedPolicy({
      connection: () => connection,
      request: () => request,
      needsBody: (options & 1) !== 0,
      isOneRule: (options & 2) !== 0,
      isTarget: () => (options & 4) === 0,
    });
    const pair = new SocketPair({ policy, http2Host: "api.test" });
    const ended = new Set<Side>();
    let isRaw = false;
    const say = (from: Side, bytes: Uint8Array): void => {
      if (!ended.has(from) && !pair.isClosed)
        pair.says(from, Uint8Array.from(bytes), (options & 8) === 0 ? 65_536 : 7);
    };
    const end = (from: Side, how: EndKind): void => {
      ended.add(from);
      pair.ends(from, how);
    };
    const encoders = { client: new HpackEncoder(), server: new HpackEncoder() };
    say("client", greeting);
    say("server", writeSettings([]));
    say("server", writeSettingsAck());
    for (const { what, how, bytes } of deedsOf(input.subarray(3))) {
      const side: Side = (what & 1) === 0 ? "server" : "client";
      const [stream = 1, which = 0] = bytes;
      const isEnd = (how & 1) !== 0;
      if (what < 2) {
        isRaw = true;
        say(what === 0 ? "client" : "server", bytes);
      } else if (what < 4) end(what === 2 ? "client" : "server", how === 7 ? "reset" : "fin");
      else if (what === 4) pair.timers.advance(waits[how] ?? 1);
      else if (what === 5) pair.reads("client", how > 3);
      else if (what === 6) pair.reads("server", how > 3);
      else if (what < 9) {
        const sections = side === "client" ? asked : answered;
        const block = encoders[side].encode(sections[which % sections.length]!);
        say(side, writeHeaders(stream, block, isEnd));
      } else say(side, writeData(stream, bytes.subarray(1), isEnd));
      for (const from of ["client", "server"] as const)
        holds(pair.session.heldBytes(from) <= maxHeldBytes, `${pair.session.heldBytes(from)} bytes are held`);
    }
    pair.reads("client", true);
    pair.reads("server", true);
    pair.timers.advance(100_000);
    if (connection === null && request === null && !isRaw) checkFrames(pair.got("client"));
    const told = pair.events as readonly { readonly type: string; readonly message?: string }[];
    const bug = told.find(({ type }) => type === "bug" || type === "policy-bug");
    holds(bug === undefined, `no error of ours: ${bug?.message}`);
    end("client", "fin");
    end("server", "fin");
    pair.timers.advance(10_000_000);
    pair.close();
    holds(pair.timers.armed === 0, "no timer stays");
    for (const from of ["client", "server"] as const)
      holds(pair.session.heldBytes(from) === 0, "nothing is held behind the end");
    const decisions = policy.events.filter(({ type }) => type === "decision").length;
    const settled = policy.events.filter(({ type }) => type === "done" || type === "undone").length;
    holds(
      settled === decisions,
      `${decisions} faults were decided, and of ${settled} it is told what became of them`,
    );
  },
};

/** Without a fault a client gets frames that it can read. */
function checkFrames(bytes: Uint8Array): void {
  const reader = new FrameReader(16_384);
  const decoder = new HpackDecoder({ maxListBytes: 100_000 });
  try {
    for (const frame of reader.push(bytes)) if (frame.type === 1) decoder.decode(readContent(frame, true));
  } catch (error) {
    if (!(error instanceof Http2Error)) throw error;
    holds(false, `a client can read the frames that it gets: ${error.message}`);
  }
}
