/** Exchanges with an API, recorded byte for byte with their times, and a server that answers from them. */
export { ExchangeTap, type ExchangeTapOptions, type LeftReason } from "./exchange-tap.ts";
export { openRecorder, type Recorder, type RecorderOptions, type TappedConnection } from "./open-recorder.ts";
export type {
  RecordedBytes,
  RecordedEnd,
  RecordedExchange,
  RecordedRequest,
} from "./recorded-exchange.ts";
export { decodeRecording, encodeRecording, recordingFormat } from "./recording-file.ts";
export { recordingLimits } from "./recording-limits.ts";
export { type Found, Recordings, readRecordings } from "./recordings.ts";
export { RecordingsError, type RecordingsErrorCode } from "./recordings-error.ts";
export type { ReplayedRequest } from "./replay-connection.ts";
export { type Replay, type ReplayOptions, startReplay } from "./start-replay.ts";
