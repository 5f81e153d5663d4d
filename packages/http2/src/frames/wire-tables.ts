/** Numbers of the wire, by the names that RFC 9113 gives them. Unknown numbers stay numbers. */

/** Types of frames (RFC 9113 section 6). */
export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
} as const;

/** Flags of frames. One bit may mean two things: `ACK` of SETTINGS and PING is `END_STREAM` of DATA and HEADERS. */
export const FrameFlag = {
  ACK: 0x1,
  END_STREAM: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** Error codes of RST_STREAM and GOAWAY (RFC 9113 section 7). */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

/** The name of an error code. */
export type ErrorName = keyof typeof ErrorCode;

const errorNames = new Map<number, ErrorName>(
  Object.entries(ErrorCode).map(([name, code]) => [code, name as ErrorName]),
);

/**
 * The name of an error code, or the number in hexadecimal where RFC 9113 has no name for it.
 *
 * @example
 * ```ts
 * errorName(0x8); // "CANCEL"
 * ```
 */
export function errorName(code: number): string {
  return errorNames.get(code) ?? `0x${code.toString(16)}`;
}

/** Identifiers of settings (RFC 9113 section 6.5.2, RFC 8441 section 3). */
export const SettingId = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  ENABLE_CONNECT_PROTOCOL: 0x8,
} as const;

/** One setting as it stands on the wire. */
export type Setting = readonly [id: number, value: number];

/** What the client's connection begins with (RFC 9113 section 3.4). */
export const CONNECTION_PREFACE: Uint8Array = Uint8Array.from(
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  (character) => character.charCodeAt(0),
);

/** Bytes of a frame before its payload. */
export const FRAME_HEADER_BYTES = 9;

/** The largest window, and the largest stream identifier (RFC 9113 sections 6.9.1 and 5.1.1). */
export const MAX_WINDOW = 0x7fff_ffff;

/** Values that hold until a peer's SETTINGS say otherwise (RFC 9113 section 6.5.2). */
export const DefaultSetting = {
  HEADER_TABLE_SIZE: 4096,
  INITIAL_WINDOW_SIZE: 65_535,
  MAX_FRAME_SIZE: 16_384,
} as const;
