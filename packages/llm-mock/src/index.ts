export { type LlmMockLimits, llmMockLimits } from "./limits.ts";
export { LlmMockError, type LlmMockErrorCode } from "./llm-mock-error.ts";
export type { Reply } from "./model/speak.ts";
export type { Pace, Stop } from "./model/speech.ts";
export type { LoggedRequest } from "./request-log.ts";
export { parseScript } from "./script/parse-script.ts";
export {
  type Script,
  type ScriptCall,
  type ScriptCondition,
  type ScriptTurn,
  scriptLimits,
} from "./script/script.ts";
export { type LlmMock, type LlmMockOptions, type LlmMockTls, startLlmMock } from "./start-llm-mock.ts";
