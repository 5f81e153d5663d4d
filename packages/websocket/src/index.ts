/** WebSocket frames (RFC 6455): a byte-exact reader, a writer that can break them, close codes. No dependency, no Node. */
export { CLOSE_CODES, type CloseCodeName, isSendableCloseCode } from "./close-codes.ts";
export { encodeClose, encodeFrame, type FrameToWrite } from "./encode-frame.ts";
export type {
  CloseSaid,
  FrameEnd,
  FrameFault,
  FrameHead,
  FrameItem,
  FramePayload,
  MalformedFrame,
  OpaqueFrames,
  WholeMessage,
} from "./frame-items.ts";
export { type FrameLimits, frameFormatLimits, frameLimits } from "./frame-limits.ts";
export { FrameReader, type FrameReaderOptions } from "./frame-reader.ts";
export { maskBytes } from "./mask.ts";
export { type FrameType, frameTypeOf, isControl, OPCODES } from "./opcodes.ts";
export { WebSocketError, type WebSocketErrorCode } from "./websocket-error.ts";
