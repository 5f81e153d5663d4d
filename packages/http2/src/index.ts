/** HTTP/2: frames, HPACK and one end of a connection (RFC 9113, RFC 7541), broken ones included. No socket, no Node. */
export { connectionSpecific, fieldValue, type SectionKind, sectionFault } from "./connection/header-rules.ts";
export { Http2Connection, type Http2ConnectionOptions } from "./connection/http2-connection.ts";
export type { ConnectionPort, Http2Failure, Http2Handler } from "./connection/http2-handler.ts";
export { Http2Stream, type StreamEnding, sectionOf } from "./connection/http2-stream.ts";
export { PeerSettings } from "./connection/peer-settings.ts";
export type { Frame } from "./frames/frame.ts";
export {
  type Goaway,
  readContent,
  readGoaway,
  readSettings,
  readUint31,
  readUint32,
} from "./frames/frame-payload.ts";
export { FrameReader, type OversizedFrame } from "./frames/frame-reader.ts";
export {
  type FrameParts,
  writeData,
  writeFrame,
  writeGoaway,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "./frames/frame-writer.ts";
export {
  CONNECTION_PREFACE,
  DefaultSetting,
  ErrorCode,
  type ErrorName,
  errorName,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  type Setting,
  SettingId,
} from "./frames/wire-tables.ts";
export {
  type DecodedBlock,
  type HeaderSection,
  HpackDecoder,
  type HpackDecoderOptions,
} from "./hpack/hpack-decoder.ts";
export { HpackEncoder } from "./hpack/hpack-encoder.ts";
export { Http2Error, type Http2ErrorCode } from "./http2-error.ts";
export { type Http2Limits, http2Limits } from "./http2-limits.ts";
export {
  type Http1Request,
  requestToHttp1,
  requestToHttp2,
  responseToHttp1,
  responseToHttp2,
  trailersToHttp2,
} from "./translation/translated-fields.ts";
