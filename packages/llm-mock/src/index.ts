export { type LlmMockLimits, llmMockLimits } from "./limits.ts";
export { LlmMockError, type LlmMockErrorCode } from "./llm-mock-error.ts";
export type { Reply } from "./message.ts";
export type { LoggedRequest } from "./request-log.ts";
export { type LlmMock, type LlmMockOptions, type LlmMockTls, startLlmMock } from "./start-llm-mock.ts";
