import { writeCount } from "../write-count.ts";
import type { FaultRows } from "./fault-row.ts";
import { forTime, ordinal, RESET_IN_TUNNELS, writeMs } from "./fault-words.ts";

/** Whose messages. */
export type MessageSender = "client" | "server";

/** Which messages of a WebSocket, counted from 0 for each side; frames of the connection (ping, pong, close) are none. */
export interface MessageSelector {
  /** Their numbers; `null` is any. */
  readonly indices: readonly number[] | null;
  /** Their types; `null` is any. */
  readonly types: readonly ("text" | "binary")[] | null;
  /** Every n-th: the messages n−1, 2n−1, … */
  readonly every: number | null;
  /** A share of the messages, by the decision's own draws. */
  readonly probability: number | null;
}

/** A point of a WebSocket. */
export type WebSocketPoint =
  | {
      /** Behind so many messages of one side. */
      readonly kind: "messages";
      /** How many; 0 is as soon as it is open. */
      readonly messages: number;
      /** Whose. */
      readonly from: MessageSender;
    }
  | {
      /** So long after it was opened. */
      readonly kind: "time";
      /** In milliseconds. */
      readonly ms: number;
    };

/** How a WebSocket breaks off: with a FIN, with a RST, with a FIN in the middle of the server's next frame. */
export const WEBSOCKET_STOPS = ["fin", "reset", "mid-frame"] as const;
/** One of {@link WEBSOCKET_STOPS}. */
export type WebSocketStop = (typeof WEBSOCKET_STOPS)[number];

/** Frames that RFC 6455 does not allow. */
export const FRAME_GARBAGE = [
  "bad-opcode",
  "reserved-bits",
  "bad-mask",
  "broken-utf8",
  "oversized-length",
  "stray-continuation",
  "bad-close-code",
] as const;
/** One of {@link FRAME_GARBAGE}. */
export type FrameGarbage = (typeof FRAME_GARBAGE)[number];

/** What happens to a WebSocket once it is open. */
export type WebSocketFault =
  | {
      /** The client is told by a close frame that this is all. */
      readonly kind: "websocket.close";
      /** When. */
      readonly at: WebSocketPoint;
      /** `null`: a close frame without one, which programs are told as 1005. */
      readonly code: number | null;
      /** Up to 123 bytes of UTF-8; empty for none. */
      readonly reason: string;
    }
  | {
      /** The client's connection ends without a close frame. */
      readonly kind: "websocket.cut";
      /** When. */
      readonly at: WebSocketPoint;
      /** How. */
      readonly stop: WebSocketStop;
    }
  | {
      /** Nothing more passes: no message, no pong. */
      readonly kind: "websocket.stall";
      /** When. */
      readonly at: WebSocketPoint;
      /** Of whom. */
      readonly of: MessageSender | "both";
      /** For so many milliseconds; `null` is for ever. */
      readonly forMs: number | null;
    }
  | {
      /** Messages come no faster than this. */
      readonly kind: "websocket.pace";
      /** Of whom. */
      readonly from: MessageSender;
      /** The first, so many milliseconds after the WebSocket was opened. */
      readonly firstMessageMs: number;
      /** Each other, so many milliseconds behind the one before. */
      readonly messageMs: number;
      /** And up to so many more, drawn for each. */
      readonly jitterMs: number;
    }
  | {
      /** Messages are left out. */
      readonly kind: "websocket.drop";
      /** Of whom. */
      readonly from: MessageSender;
      /** Which. */
      readonly messages: MessageSelector;
    }
  | {
      /** Messages are sent twice. */
      readonly kind: "websocket.duplicate";
      /** Of whom. */
      readonly from: MessageSender;
      /** Which. */
      readonly messages: MessageSelector;
    }
  | {
      /** A frame that RFC 6455 does not allow comes between two messages. */
      readonly kind: "websocket.garbage";
      /** When. */
      readonly at: WebSocketPoint;
      /** As whose frame it comes. */
      readonly from: MessageSender;
      /** What is wrong with it. */
      readonly how: FrameGarbage;
    }
  | {
      /** Pongs are kept back, while messages go on. */
      readonly kind: "websocket.no-pong";
      /** Whose. */
      readonly from: MessageSender;
      /** So many of them pass before. */
      readonly afterPongs: number;
    };

/** Whether a fault is one of an open WebSocket. */
export const isWebSocketFault = (fault: { readonly kind: string }): fault is WebSocketFault =>
  fault.kind.startsWith("websocket.");

const writeMessages = (count: number): string => writeCount(count, "message");

function writePoint(at: WebSocketPoint): string {
  if (at.kind === "time") return `${writeMs(at.ms)} after it was opened`;
  return at.messages === 0
    ? "as soon as it is open"
    : `after ${writeMessages(at.messages)} of the ${at.from}`;
}

const STOPS: Readonly<Record<WebSocketStop, string>> = {
  fin: "the connection is closed without a close frame",
  reset: `the connection is reset (${RESET_IN_TUNNELS})`,
  "mid-frame": "the connection is closed in the middle of the server's next frame",
};

function writeSelector({ indices, types, every, probability }: MessageSelector): string {
  const parts: string[] = [];
  if (indices !== null) parts.push(`number ${indices.join(", ")} (from 0)`);
  if (types !== null) parts.push(`of type ${types.join(" or ")}`);
  if (every !== null) parts.push(every === 1 ? "each" : `every ${ordinal(every)}`);
  if (probability !== null) parts.push(`a share of ${probability * 100} %`);
  return parts.join(", ");
}

const writeCode = (code: number | null, reason: string): string => {
  if (code === null) return "without a code";
  return reason === "" ? `with ${code}` : `with ${code} (${reason})`;
};

/** The rows of the WebSocket layer, in the order of the documentation. */
export const webSocketRows: FaultRows<WebSocketFault> = {
  "websocket.close": {
    example: "{ websocket: { close: { code: 1013, reason: try again later, afterMessages: 3 } } }",
    doc: "a close frame, its code by number or name (`try-again-later`); a point is `afterMessages` (`from: server`, or `client`) or `after: 2s`",
    describe: ({ at, code, reason }) =>
      `the WebSocket is closed ${writeCode(code, reason)} ${writePoint(at)}`,
  },
  "websocket.cut": {
    example: "{ websocket: { cut: { afterMessages: 3, stop: mid-frame } } }",
    doc: "an end without a close frame; `stop`: `fin`, `reset`, `mid-frame`",
    describe: ({ at, stop }) => `the WebSocket breaks off ${writePoint(at)}: ${STOPS[stop]}`,
  },
  "websocket.stall": {
    example: "{ websocket: { stall: { afterMessages: 2, for: 30s, of: server } } }",
    doc: "silence, pongs included; `of` also `client`, `both`",
    describe: ({ at, of, forMs }) =>
      `nothing more of ${of === "both" ? "both sides" : `the ${of}`} passes ${forTime(forMs)}, ${writePoint(at)}`,
  },
  "websocket.pace": {
    example: "{ websocket: { pace: { firstMessage: 2s, message: 500ms, jitter: 100ms } } }",
    doc: "slow messages; `from: client` for the client's",
    describe: ({ from, firstMessageMs, messageMs, jitterMs }) =>
      `the first message of the ${from} after ${writeMs(firstMessageMs)}, then one every ${writeMs(messageMs)}${jitterMs === 0 ? "" : ` and up to ${writeMs(jitterMs)} more`}`,
  },
  "websocket.drop": {
    example: "{ websocket: { drop: { messages: [2, 3] } } }",
    doc: "missing messages; also `every`, `types`, `probability`, `from: client`",
    describe: ({ from, messages }) => `left out are messages of the ${from}: ${writeSelector(messages)}`,
  },
  "websocket.duplicate": {
    example: "{ websocket: { duplicate: { types: text, probability: 0.1 } } }",
    doc: "messages twice",
    describe: ({ from, messages }) => `sent twice are messages of the ${from}: ${writeSelector(messages)}`,
  },
  "websocket.garbage": {
    example: "{ websocket: { garbage: { how: bad-opcode, afterMessages: 2 } } }",
    doc: "a frame that is none; also `reserved-bits`, `bad-mask`, `broken-utf8`, `oversized-length`, `stray-continuation`, `bad-close-code`",
    describe: ({ at, from, how }) => `a frame that is none (${how}) comes from the ${from} ${writePoint(at)}`,
  },
  "websocket.no-pong": {
    example: "{ websocket: { noPong: { afterPongs: 2 } } }",
    doc: "pings that nobody answers, while messages go on; `noPong: true` from the first on",
    describe: ({ from, afterPongs }) =>
      `pongs of the ${from} are kept back${afterPongs === 0 ? "" : ` after ${afterPongs}`}`,
  },
};
