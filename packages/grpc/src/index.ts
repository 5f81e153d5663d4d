/** gRPC over HTTP/2: messages, status codes, trailers. No dependency, no Node. */
export { decodeBinaryField, encodeBinaryField } from "./binary-field.ts";
export { type GrpcField, type GrpcMethod, isGrpcCall, isGrpcContentType, methodOfPath } from "./call.ts";
export { GrpcError, type GrpcErrorCode } from "./grpc-error.ts";
export { grpcLimits } from "./grpc-limits.ts";
export type {
  MalformedMessage,
  MessageEnd,
  MessageFault,
  MessageHead,
  MessageItem,
  MessagePart,
  OpaqueMessages,
} from "./message-items.ts";
export { encodePrefix, MessageReader, PREFIX_BYTES } from "./message-reader.ts";
export {
  codeOfHttpStatus,
  nameOfStatus,
  STATUS_CODES,
  STATUS_NAMES,
  type StatusName,
} from "./status-codes.ts";
export {
  encodeStatusDetails,
  RETRY_INFO_TYPE,
  readStatusDetails,
  type StatusDetail,
  type StatusDetails,
  type StatusDetailsToWrite,
} from "./status-details.ts";
export { readStatus, type StatusRead, type StatusToWrite, statusFields } from "./status-fields.ts";
export { decodeStatusMessage, encodeStatusMessage } from "./status-message.ts";
