/** Faults of open WebSockets, byte for byte, with the frames of both sides. */
import type { Fault, FaultKind } from "@faultwire/fault-engine";
import { encodeClose, encodeFrame, type FrameItem, FrameReader, maskBytes } from "@faultwire/websocket";
import { expect } from "vitest";
import { FaultRig, type Said, type Setting } from "../fault-rig.ts";
import { sampleFaults, upgrade, upgraded } from "../sample-faults.ts";
import { expectEnd, type FaultCase, openWays } from "./fault-case.ts";

const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** A message of the server. */
export const fromServer = (text: string): string =>
  textOf(encodeFrame({ type: "text", payload: bytesOf(text) }));
/** A message of the client. */
export const fromClient = (text: string): string =>
  textOf(encodeFrame({ type: "text", payload: bytesOf(text), mask }));
export const closeFrame = (code: number, reason = "", isClient = false): string =>
  textOf(encodeFrame({ type: "close", payload: encodeClose(code, reason), ...(isClient && { mask }) }));
const ping = textOf(encodeFrame({ type: "ping", payload: bytesOf("p"), mask }));
const pong = textOf(encodeFrame({ type: "pong", payload: bytesOf("p") }));

export { upgrade, upgraded };

const messages = ["one", "two", "three", "four"].map(fromServer);
const [one = "", two = "", three = "", four = ""] = messages;
const all = messages.join("");

/** What frames say, one behind the other; `text`, `close 1013 reason`, or the code of what is no frame. */
export function saidIn(wire: string, from: "client" | "server"): string[] {
  const said: string[] = [];
  let payload = "";
  let key: Uint8Array | null = null;
  for (const item of new FrameReader({ from }).push(bytesOf(wire)) as FrameItem[]) {
    if (item.kind === "head") {
      key = item.mask;
      payload = item.type === "continuation" ? payload : "";
    } else if (item.kind === "payload")
      payload += textOf(key ? maskBytes(item.bytes, key, item.at) : item.bytes);
    else if (item.kind === "malformed") said.push(item.code);
    else if (item.kind === "end")
      said.push(
        item.close
          ? `close ${item.close.code} ${item.close.reason}`.trim()
          : item.message
            ? payload
            : item.type,
      );
  }
  return said;
}

/** Frames of the server, 10 ms apart. */
const live = (frames: readonly Said[]): readonly Said[] => [
  upgraded,
  ...frames.map((said) => (typeof said === "string" ? { afterMs: 10, text: said } : said)),
];

export interface Opened {
  readonly rig: FaultRig;
  /** What the client got behind the 101. */
  readonly wire: string;
  /** What the upstream got behind the request. */
  readonly upstream: string;
}

/** Opens a WebSocket that a fault happens to, and lets the server say its frames. */
export async function openWith(
  on: Setting,
  fault: Fault | null,
  frames: readonly Said[],
  { ms = 150, said = [] as readonly string[] } = {},
): Promise<Opened> {
  const rig = new FaultRig({
    ...on,
    requests: [fault],
    answer: (head) => (head.startsWith("GET /v1/realtime") ? live(frames) : []),
  });
  await rig.handshake();
  rig.send(upgrade);
  await rig.runUntil(() => rig.received.includes("\r\n\r\n"), 200);
  for (const text of said) {
    rig.send(text);
    await rig.run(5);
  }
  await rig.run(ms);
  expect(rig.received.startsWith(upgraded)).toBe(true);
  return {
    rig,
    wire: rig.received.slice(upgraded.length),
    upstream: rig.upstreamText.slice(rig.upstreamText.indexOf("\r\n\r\n") + 4),
  };
}

interface Case {
  readonly kind: FaultKind;
  readonly does: string;
  readonly fault?: Fault;
  readonly frames?: readonly Said[];
  readonly said?: readonly string[];
  readonly ms?: number;
  readonly check: (opened: Opened) => Promise<void> | void;
  readonly isUndone?: string;
}

const webSocketCase = ({
  kind,
  does,
  fault,
  frames = messages,
  said,
  ms,
  check,
  isUndone,
}: Case): FaultCase => ({
  kind,
  does,
  ways: openWays,
  run: async (on) => {
    const opened = await openWith(on, fault ?? sampleFaults[kind], frames, {
      ...(ms === undefined ? {} : { ms }),
      ...(said === undefined ? {} : { said }),
    });
    await check(opened);
    if (isUndone === undefined) expect(opened.rig.told("done")).toMatchObject([{ fault: kind }]);
    else expect(opened.rig.told("undone")).toMatchObject([{ fault: kind, reason: isUndone }]);
  },
});

const behindTwo = { kind: "messages", messages: 2, from: "server" } as const;
const chosen = { indices: [1], types: null, every: null, probability: null };

export const webSocketCases: readonly FaultCase[] = [
  webSocketCase({
    kind: "websocket.close",
    does: "closes with its code and reason behind so many messages, and ends when the client has answered",
    // As an upstream answers the close that it got; a tunnel needs that to end the client's connection with.
    frames: [...messages, { afterMs: 250, text: closeFrame(1001) }],
    check: async ({ rig, wire }) => {
      expect(wire).toBe(one + two + closeFrame(1013, "later"));
      expect(rig.hasEnded).toBe(false);
      rig.send(closeFrame(1013, "later", true));
      await rig.runUntil(() => rig.hasEnded, 300);
      await rig.run(5);
      expectEnd(rig, "fin");
      // The upstream is told that the client goes away; what the client says to us is not for it.
      expect(saidIn(rig.upstreamText.slice(rig.upstreamText.indexOf("\r\n\r\n") + 4), "client")).toEqual([
        "close 1001",
      ]);
      expect(rig.told("end")).toMatchObject([
        { how: "cut", webSocket: { server: { messages: 2 }, close: { by: "fault", code: 1013 } } },
      ]);
    },
  }),
  webSocketCase({
    kind: "websocket.close",
    does: "at a time, between two frames",
    fault: { kind: "websocket.close", at: { kind: "time", ms: 60 }, code: null, reason: "" },
    frames: [one, two.slice(0, 2), two.slice(2), { afterMs: 70, text: three }],
    ms: 200,
    check: ({ wire }) => expect(saidIn(wire, "server")).toEqual(["one", "two", "close null"]),
  }),
  webSocketCase({
    kind: "websocket.cut",
    does: "ends without a close frame behind so many messages",
    check: ({ rig, wire }) => {
      expect(wire).toBe(one + two);
      expectEnd(rig, "fin");
      expect(rig.told("end")).toMatchObject([{ how: "cut", webSocket: { close: null } }]);
    },
  }),
  webSocketCase({
    kind: "websocket.cut",
    does: "in the middle of the next frame",
    fault: { kind: "websocket.cut", at: behindTwo, stop: "mid-frame" },
    check: ({ rig, wire }) => {
      expect(wire).toBe(one + two + three.slice(0, three.length >> 1));
      expectEnd(rig, "fin");
    },
  }),
  webSocketCase({
    kind: "websocket.cut",
    does: "with a reset behind a message of the client",
    fault: {
      kind: "websocket.cut",
      at: { kind: "messages", messages: 1, from: "client" },
      stop: "reset",
    },
    said: [fromClient("hello")],
    check: ({ rig }) => expectEnd(rig, "reset"),
  }),
  webSocketCase({
    kind: "websocket.stall",
    does: "falls silent behind so many messages, and goes on after its time",
    ms: 600,
    check: ({ rig, wire }) => {
      expect(wire).toBe(all);
      const at = (text: string): number => rig.arrivals.find((arrival) => arrival.text.includes(text))!.atMs;
      expect(at("three") - at("two")).toBeGreaterThanOrEqual(290);
    },
  }),
  webSocketCase({
    kind: "websocket.stall",
    does: "for ever: the client says what it likes, and gets nothing",
    fault: { kind: "websocket.stall", at: behindTwo, of: "server", forMs: null },
    ms: 200,
    check: async ({ rig, wire }) => {
      expect(wire).toBe(one + two);
      rig.send(fromClient("still there?"));
      await rig.run(50);
      expect(rig.upstreamText).toContain(fromClient("still there?"));
      expect(rig.hasEnded).toBe(false);
    },
  }),
  webSocketCase({
    kind: "websocket.pace",
    does: "sends messages so far apart, whole and in order",
    ms: 800,
    check: ({ rig, wire }) => {
      expect(wire).toBe(all);
      const at = (text: string): number => rig.arrivals.find((arrival) => arrival.text.includes(text))!.atMs;
      expect(at("two") - at("one")).toBeGreaterThanOrEqual(95);
      expect(at("four") - at("three")).toBeGreaterThanOrEqual(95);
    },
  }),
  webSocketCase({
    kind: "websocket.drop",
    does: "leaves a message out, with all its frames, and asks for none that is compressed",
    frames: [
      one,
      textOf(encodeFrame({ type: "text", fin: false, payload: bytesOf("tw") })),
      pong,
      textOf(encodeFrame({ type: "continuation", payload: bytesOf("o") })),
      three,
    ],
    check: ({ rig, wire }) => {
      expect(wire).toBe(one + pong + three);
      expect(rig.upstreamRequests[0]).not.toMatch(/Sec-WebSocket-Extensions/i);
    },
  }),
  webSocketCase({
    kind: "websocket.drop",
    does: "leaves a message of the client out",
    fault: { kind: "websocket.drop", from: "client", messages: chosen },
    said: ["a", "b", "c"].map(fromClient),
    check: ({ wire, upstream }) => {
      expect(wire).toBe(all);
      expect(upstream).toBe(fromClient("a") + fromClient("c"));
    },
  }),
  webSocketCase({
    kind: "websocket.duplicate",
    does: "sends a message twice",
    check: ({ wire }) => expect(wire).toBe(one + two + two + three + four),
  }),
  ...(
    [
      ["bad-opcode", "reserved-opcode"],
      ["reserved-bits", "reserved-bits"],
      ["bad-mask", "masked"],
      ["oversized-length", "payload-too-large"],
      ["stray-continuation", "nothing-to-continue"],
      ["bad-close-code", "close-payload"],
    ] as const
  ).map(([how, code]) =>
    webSocketCase({
      kind: "websocket.garbage",
      does: `sends a frame that is none (${how}) between two messages, and all else as it was`,
      fault: { kind: "websocket.garbage", at: behindTwo, from: "server", how },
      check: ({ wire }) => {
        expect(saidIn(wire, "server")).toEqual(["one", "two", code]);
        expect(wire.startsWith(one + two) && wire.endsWith(three + four)).toBe(true);
      },
    }),
  ),
  webSocketCase({
    kind: "websocket.garbage",
    does: "sends a text that is no UTF-8",
    fault: { kind: "websocket.garbage", at: behindTwo, from: "server", how: "broken-utf8" },
    check: ({ wire }) => expect(saidIn(wire, "server")).toEqual(["one", "two", "\xe2\x82a", "three", "four"]),
  }),
  webSocketCase({
    kind: "websocket.no-pong",
    does: "keeps pongs back, and passes messages on",
    frames: [one, pong, two, pong, three],
    said: [ping, ping],
    check: ({ wire, upstream }) => {
      expect(wire).toBe(one + pong + two + three);
      expect(upstream).toBe(ping + ping);
    },
  }),
];
