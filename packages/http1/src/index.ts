/** HTTP/1.1 framing (RFC 9112): byte-exact readers, encoders, the strict grammar. No dependency, no Node. */

export {
  type EncodeResponseOptions,
  encodeChunk,
  encodeHead,
  encodeLastChunk,
  encodeResponse,
  type HttpResponse,
  REASON_PHRASES,
} from "./encode-response.ts";

export { type Header, headerTokens, headerValue, headerValues } from "./header.ts";

export type {
  BodyFraming,
  BodyItem,
  BodyPart,
  HttpVersion,
  InterimResponse,
  Malformed,
  MalformedCode,
  MessageEnd,
  OpaqueBytes,
  RequestHead,
  RequestItem,
  ResponseHead,
  ResponseItem,
  Trailers,
} from "./http-items.ts";
export { type HttpLimits, httpLimits } from "./http-limits.ts";
export { Http1Error, type Http1ErrorCode } from "./http1-error.ts";
export type { MessagePlace } from "./message-reader.ts";
export { RequestReader } from "./request-reader.ts";
export {
  LENIENT_RESPONSES,
  type ResponseLeniency,
  type ResponsePlace,
  ResponseReader,
} from "./response-reader.ts";
