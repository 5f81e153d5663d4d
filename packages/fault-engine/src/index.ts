export { draw } from "./draw.ts";
export { FaultEngineError, type FaultEngineErrorCode } from "./fault-engine-error.ts";
export {
  type EncodeResponseOptions,
  encodeChunk,
  encodeHead,
  encodeLastChunk,
  encodeResponse,
  type HttpResponse,
  REASON_PHRASES,
} from "./http/encode-response.ts";
export { type Header, headerTokens, headerValue, headerValues } from "./http/header.ts";
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
} from "./http/http-items.ts";
export { DEFAULT_HTTP_LIMITS, type HttpLimits } from "./http/http-limits.ts";
export { RequestReader } from "./http/request-reader.ts";
export { ResponseReader } from "./http/response-reader.ts";
export {
  type AnthropicBudgets,
  anthropicErrorBody,
  anthropicRateLimitHeaders,
  type Budget,
} from "./providers/anthropic.ts";
export { gatewayPage } from "./providers/gateway-page.ts";
export {
  type ErrorPreset,
  findErrorPreset,
  PROVIDER_ERRORS,
  type Provider,
  type ProviderErrorOptions,
  providerError,
} from "./providers/provider-error.ts";
export { requestId } from "./providers/request-id.ts";
