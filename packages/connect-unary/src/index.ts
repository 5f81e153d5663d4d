/** Answers unary gRPC methods straight on node:http2 streams, beside connect's adapter on the same port. */

export { type MessageHolder, MessageMemory, type MessageMemoryOptions } from "./message-memory.ts";
export { takeStreamsFirst } from "./take-streams-first.ts";
export type { UnaryCall, UnreadMessage } from "./unary-call.ts";
export {
  type StreamHandler,
  type UnaryFastPathOptions,
  type UnaryMethod,
  type UnaryMethods,
  unaryFastPath,
  unaryLimits,
} from "./unary-fast-path.ts";
export { UnaryFastPathError, type UnaryFastPathErrorCode } from "./unary-fast-path-error.ts";
export { type CompatListener, withoutFarDeadlines } from "./without-far-deadlines.ts";
