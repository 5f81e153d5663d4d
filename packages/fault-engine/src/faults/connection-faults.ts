import type { Duration, Place, Sender } from "./fault-parts.ts";
import type { FaultRows } from "./fault-row.ts";
import { forTime, RESET_IN_TUNNELS, writeDuration, writeMs, writePlace } from "./fault-words.ts";

/** What happens to a connection as such. */
export type ConnectionFault =
  | {
      readonly kind: "connection.close";
      /** Where on the connection it happens. */
      readonly at: Place;
    }
  | {
      readonly kind: "connection.reset";
      /** Where on the connection it happens. */
      readonly at: Place;
    }
  /** `forMs: null` is for ever. */
  | {
      readonly kind: "connection.stall";
      /** Where on the connection it happens. */
      readonly at: Place;
      /** Milliseconds for which nothing passes; `null` is for ever. */
      readonly forMs: number | null;
    }
  | {
      readonly kind: "connection.latency";
      /** What each wait is for: the connection once, each request, or each chunk of bytes. */
      readonly per: "connection" | "request" | "chunk";
      /** How long each wait is. */
      readonly duration: Duration;
    }
  | {
      readonly kind: "connection.throttle";
      /** The side whose bytes it touches. */
      readonly from: Sender;
      /** Bytes that pass in a second at the most. */
      readonly bytesPerSecond: number;
    }
  | {
      readonly kind: "connection.slice";
      /** The side whose bytes it touches. */
      readonly from: Sender;
      /** Bytes of a piece at the most. */
      readonly bytes: number;
      /** Milliseconds between two pieces. */
      readonly gapMs: number;
    }
  /** Flips one bit of a share `rate` of the bytes from offset `fromByte` up to, but without, `toByte`. */
  | {
      readonly kind: "connection.corrupt";
      /** The side whose bytes it touches. */
      readonly from: Sender;
      /** Share of the bytes that are hit, 0 to 1. */
      readonly rate: number;
      /** Offset of the first byte that may be hit, from 0. */
      readonly fromByte: number;
      /** Offset of the first byte behind them; `null` is the end. */
      readonly toByte: number | null;
    };

/** The rows of the connection layer, in the order of the documentation. */
export const connectionRows: FaultRows<ConnectionFault> = {
  "connection.close": {
    example: "{ connection: { close: { at: established } } }",
    doc: "a FIN there; also `client-hello`, `server-hello`, `request`, `response-head`, `{ bytes: 4kB, from: server }`",
    describe: (fault) => `the connection is closed ${writePlace(fault.at)}`,
  },
  "connection.reset": {
    example: "{ connection: { reset: { at: response-head } } }",
    doc: "the same as a reset, where the way owns the socket",
    describe: (fault) => `the connection is reset ${writePlace(fault.at)} (${RESET_IN_TUNNELS})`,
  },
  "connection.stall": {
    example: "{ connection: { stall: { at: request, for: 30s } } }",
    doc: "nothing more for so long; `ever` without `for`",
    describe: (fault) => `nothing more arrives ${forTime(fault.forMs)}, ${writePlace(fault.at)}`,
  },
  "connection.latency": {
    example: "{ connection: { latency: { time: 200ms, per: chunk } } }",
    doc: "a delay per `connection`, `request` (default) or `chunk`",
    describe: (fault) => `each ${fault.per} is delayed by ${writeDuration(fault.duration)}`,
  },
  "connection.throttle": {
    example: "{ connection: { throttle: { bytesPerSecond: 10kB, from: server } } }",
    doc: "a slow line; `from` also `client`, `both`",
    describe: (fault) => `bytes of ${fault.from} pass at ${fault.bytesPerSecond} a second`,
  },
  "connection.slice": {
    example: "{ connection: { slice: { bytes: 16, gap: 5ms } } }",
    doc: "tiny pieces",
    describe: (fault) =>
      `bytes of ${fault.from} come in pieces of ${fault.bytes}, ${writeMs(fault.gapMs)} apart`,
  },
  "connection.corrupt": {
    example: "{ connection: { corrupt: { rate: 0.01, fromByte: 100, toByte: 4kB } } }",
    doc: "flipped bits; over TLS the client's `bad_record_mac`",
    describe: (fault) =>
      `a bit is flipped in ${fault.rate * 100} % of the bytes of ${fault.from}, from byte ${fault.fromByte}${fault.toByte === null ? "" : ` to ${fault.toByte}`}`,
  },
};
