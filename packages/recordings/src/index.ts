/** Exchanges with an API, recorded byte for byte with their times, and a server that answers from them. */
export type { PassOn, ReplayedRequest } from "./answering.ts";
export {
  type ConnectionTap,
  ExchangeTap,
  type ExchangeTapOptions,
  type LeftReason,
  type TapOptions,
} from "./exchange-tap.ts";
export { type HeldExchange, HeldExchanges } from "./held-exchanges.ts";
export { Http2ExchangeTap } from "./http2-exchange-tap.ts";
export { openRecorder, type Recorder, type RecorderOptions, type TappedConnection } from "./open-recorder.ts";
export { readRecordings } from "./read-recordings.ts";
export type {
  RecordedBytes,
  RecordedEnd,
  RecordedExchange,
  RecordedFrame,
  RecordedRequest,
  RecordedResponse,
  RecordedStream,
  RecordedWire,
  Recording,
} from "./recorded-exchange.ts";
export { decodeRecording, encodeRecording, http2RecordingFormat, recordingFormat } from "./recording-file.ts";
export { recordingLimits } from "./recording-limits.ts";
export { type Found, Recordings } from "./recordings.ts";
export { RecordingsError, type RecordingsErrorCode } from "./recordings-error.ts";

export { type Replay, type ReplayOptions, startReplay } from "./start-replay.ts";
