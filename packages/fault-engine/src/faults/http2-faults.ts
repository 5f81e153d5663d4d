import { writeCount } from "../write-count.ts";
import type { FaultRows } from "./fault-row.ts";
import { writeMs } from "./fault-words.ts";

/** The error codes of RFC 9113 section 7, by name; their numbers are those of `ErrorCode` in `@faultwire/http2`. */
export const HTTP2_ERRORS = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;
/** One of {@link HTTP2_ERRORS}. */
export type Http2ErrorName = (typeof HTTP2_ERRORS)[number];

/** A point of a request's stream. */
export type Http2Point =
  | {
      readonly kind: "moment";
      /** `request`: before it goes on. `response-head`: the upstream has answered, and the client has nothing of it yet. */
      readonly moment: "request" | "response-head";
    }
  | {
      readonly kind: "bytes";
      /** Behind the response's head and so many bytes of its body. */
      readonly bytes: number;
    }
  | {
      readonly kind: "events";
      /** Behind so many of its server-sent events; pings and comments are none. */
      readonly events: number;
    };

/**
 * Which streams a GOAWAY says were worked on: all that there can be, those up to the request's own, those below it, none.
 */
export const GOAWAY_LASTS = ["all", "this", "below", "none"] as const;
/** One of {@link GOAWAY_LASTS}. */
export type GoawayLast = (typeof GOAWAY_LASTS)[number];

/** Frames that RFC 9113 does not allow. */
export const BROKEN_FRAMES = [
  "bad-length",
  "wrong-stream",
  "idle-stream",
  "closed-stream",
  "oversized",
] as const;
/** One of {@link BROKEN_FRAMES}. */
export type BrokenFrame = (typeof BROKEN_FRAMES)[number];

/** Header sections that RFC 9113 section 8.2 and 8.3 call malformed. */
export const BROKEN_HEADERS = ["uppercase", "connection-specific", "missing-status"] as const;
/** One of {@link BROKEN_HEADERS}. */
export type BrokenHeaders = (typeof BROKEN_HEADERS)[number];

/** Settings that are announced to a client; `null` is left out. */
export interface AnnouncedSettings {
  /** Requests at the same time. */
  readonly maxConcurrentStreams: number | null;
  /** Bytes of a request's body before room is given for more. */
  readonly initialWindowSize: number | null;
  /** Bytes of a frame. */
  readonly maxFrameSize: number | null;
  /** Bytes of a header section, each field with 32 more. */
  readonly maxHeaderListSize: number | null;
}

/** What happens to a client's connection of HTTP/2, or to one stream of it. */
export type Http2Fault =
  | {
      /** The request's stream is reset. */
      readonly kind: "http2.reset";
      /** With which code. */
      readonly code: Http2ErrorName;
      /** When. */
      readonly at: Http2Point;
    }
  | {
      /** The client is told to open no more streams on its connection. */
      readonly kind: "http2.goaway";
      /** With which code. */
      readonly code: Http2ErrorName;
      /** Streams above it get no answer. */
      readonly last: GoawayLast;
      /** Up to 1024 bytes of text; empty for none. */
      readonly debug: string;
      /** When. */
      readonly at: Http2Point;
      /** The connection ends so many milliseconds later; `null` leaves that to the client. */
      readonly closeAfterMs: number | null;
    }
  | ({
      /** SETTINGS: the connection's first, or, of a rule for requests, more of them with the request. */
      readonly kind: "http2.settings";
    } & AnnouncedSettings)
  | {
      /** Requests' bodies get no room: of the whole connection, or, of a rule for requests, of the request's stream. */
      readonly kind: "http2.window";
      /** So many bytes are given every so many milliseconds; `null` is none, ever. */
      readonly drops: { readonly bytes: number; readonly everyMs: number } | null;
    }
  | {
      /** PINGs of the client get no answer. */
      readonly kind: "http2.ping";
      /** So many of them are answered before. */
      readonly afterPings: number;
    }
  | {
      /** A frame that RFC 9113 does not allow comes between two others. */
      readonly kind: "http2.frame";
      /** What is wrong with it. */
      readonly how: BrokenFrame;
      /** When; `null` with `closed-stream`, which is behind the response's end. */
      readonly at: Http2Point | null;
    }
  | {
      /** The response's header section is malformed. */
      readonly kind: "http2.headers";
      /** What is wrong with it. */
      readonly how: BrokenHeaders;
    };

/** Whether a fault is one of HTTP/2. */
export const isHttp2Fault = (fault: { readonly kind: string }): fault is Http2Fault =>
  fault.kind.startsWith("http2.");

/** Whether a fault says that the request was not worked on, so that it may be sent again whatever it does. */
export const saysUnprocessed = (fault: { readonly kind: string }): boolean => {
  if (!isHttp2Fault(fault)) return false;
  if (fault.kind === "http2.reset") return fault.code === "REFUSED_STREAM";
  return fault.kind === "http2.goaway" && (fault.last === "below" || fault.last === "none");
};

/** Whether a fault takes the place of a response, so that its request does not go on. */
export const isInPlaceOfResponse = (fault: Http2Fault): boolean =>
  (fault.kind === "http2.reset" || (fault.kind === "http2.goaway" && saysUnprocessed(fault))) &&
  fault.at.kind === "moment" &&
  fault.at.moment === "request";

function writePoint(at: Http2Point): string {
  if (at.kind === "moment") return at.moment === "request" ? "at the request" : "before the response's head";
  if (at.kind === "events") return `after ${writeCount(at.events, "event")} of the response`;
  return at.bytes === 0
    ? "behind the response's head"
    : `after ${writeCount(at.bytes, "byte")} of the response's body`;
}

const LASTS: Readonly<Record<GoawayLast, string>> = {
  all: "all streams were worked on",
  this: "streams up to this one were worked on",
  below: "streams below this one were worked on",
  none: "no stream was worked on",
};

const FRAMES: Readonly<Record<BrokenFrame, string>> = {
  "bad-length": "a PING of seven bytes",
  "wrong-stream": "DATA on stream 0",
  "idle-stream": "DATA on a stream that was never opened",
  "closed-stream": "DATA behind the response's end",
  oversized: "a DATA frame larger than the client takes",
};

const HEADERS: Readonly<Record<BrokenHeaders, string>> = {
  uppercase: "a field's name has upper case",
  "connection-specific": "it holds connection: keep-alive",
  "missing-status": ":status is missing",
};

const SETTINGS: Readonly<Record<keyof AnnouncedSettings, string>> = {
  maxConcurrentStreams: "MAX_CONCURRENT_STREAMS",
  initialWindowSize: "INITIAL_WINDOW_SIZE",
  maxFrameSize: "MAX_FRAME_SIZE",
  maxHeaderListSize: "MAX_HEADER_LIST_SIZE",
};

function writeSettings(settings: AnnouncedSettings): string {
  const names = Object.keys(SETTINGS) as (keyof AnnouncedSettings)[];
  return names
    .flatMap((name) => (settings[name] === null ? [] : [`${SETTINGS[name]} ${settings[name]}`]))
    .join(", ");
}

/** The rows of the HTTP/2 layer, in the order of the documentation. */
export const http2Rows: FaultRows<Http2Fault> = {
  "http2.reset": {
    example: "{ http2: { reset: { code: REFUSED_STREAM, at: request } } }",
    doc: "RST_STREAM with any code of RFC 9113; `at: response-head`, `afterBytes`, `afterEvents`",
    describe: ({ code, at }) => `the stream is reset with ${code} ${writePoint(at)}`,
  },
  "http2.goaway": {
    example: "{ http2: { goaway: { code: NO_ERROR, last: below, debug: restarting, closeAfter: 5s } } }",
    doc: "no more requests on this connection; `last`: `all`, `this`, `below`, `none`; points as of `reset`",
    describe: ({ code, last, at, closeAfterMs }) =>
      `GOAWAY with ${code} (${LASTS[last]}) ${writePoint(at)}${closeAfterMs === null ? "" : `; the connection ends ${closeAfterMs === 0 ? "with it" : `${writeMs(closeAfterMs)} later`}`}`,
  },
  "http2.settings": {
    example: "{ http2: { settings: { maxConcurrentStreams: 1, initialWindowSize: 1000 } } }",
    doc: "other SETTINGS; also `maxFrameSize`, `maxHeaderListSize`",
    describe: (settings) => `SETTINGS with ${writeSettings(settings)}`,
  },
  "http2.window": {
    example: "{ http2: { window: { bytes: 100, every: 1s } } }",
    doc: "a request's body that gets no room, or drops of it; `window: never`",
    describe: ({ drops }) =>
      drops === null
        ? "no room is given for bodies of requests"
        : `room for ${writeCount(drops.bytes, "byte")} of a request's body every ${writeMs(drops.everyMs)}`,
  },
  "http2.ping": {
    example: "{ http2: { ping: { afterPings: 2 } } }",
    doc: "PINGs that nobody answers; `ping: unanswered` from the first on",
    describe: ({ afterPings }) =>
      `PINGs of the client get no answer${afterPings === 0 ? "" : ` after ${afterPings}`}`,
  },
  "http2.frame": {
    example: "{ http2: { frame: { how: bad-length, afterBytes: 10 } } }",
    doc: "a frame that is none; also `wrong-stream`, `idle-stream`, `closed-stream`, `oversized`",
    describe: ({ how, at }) => `${FRAMES[how]}${at === null ? "" : ` ${writePoint(at)}`}`,
  },
  "http2.headers": {
    example: "{ http2: { headers: uppercase } }",
    doc: "a malformed header section; also `connection-specific`, `missing-status`",
    describe: ({ how }) => `the response's header section is malformed: ${HEADERS[how]}`,
  },
};
