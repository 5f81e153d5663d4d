/** What other packages of Faultwire need of this one. It is no part of the API: any release may change it. */
export { estimateTokens } from "./answers/rate-limits.ts";
export {
  absentHeaders,
  changedHeaders,
  hasNoContent,
  overlaidHeaders,
  responseHeaderFault,
} from "./answers/response-headers.ts";
export { maskKeys, maskKeysInPlace, maskTexts } from "./events/mask-secrets.ts";
export { exitEvent, outcomeEvent } from "./events/outcome.ts";
export { responseRequestId } from "./events/request-hints.ts";
export { describeUnread } from "./events/unread.ts";
export { inPipelineOrder, mainFault } from "./faults/compose.ts";
export { describeFault, faultTable } from "./faults/fault.ts";
export { changesLength } from "./faults/fault-kinds.ts";
export { isGrpcFault } from "./faults/grpc-faults.ts";
export { isHttp2Fault, isInPlaceOfResponse, saysUnprocessed } from "./faults/http2-faults.ts";
export { type Ability, abilitiesOf, ofLayers, wayTable } from "./faults/way.ts";
export { isWebSocketFault } from "./faults/websocket-faults.ts";
export { crc32 } from "./formats/aws-event-stream/crc32.ts";
export {
  LEAST_FRAME_BYTES,
  PRELUDE_BYTES,
  readFrame,
  readPrelude,
  textHeader,
  writeFrame,
} from "./formats/aws-event-stream/frame.ts";
export { asGrpcAnswer, statusAnswer } from "./grpc/status-answer.ts";
export { CodedMachine, codedBodyLimits } from "./machines/coded-machine.ts";
export { drawDuration } from "./machines/duration.ts";
export { PipelineMachine } from "./machines/pipeline-machine.ts";
export { compileGlob } from "./patterns/glob.ts";
export { anthropicErrorBody } from "./providers/anthropic/profile.ts";
export { commonErrorTable } from "./providers/preset-table.ts";
export { DEFAULT_PROVIDER, PROVIDER_NAMES, REQUESTS } from "./providers/request-table.ts";
export { writeGrpc } from "./reports/grpc-words.ts";
export { writeWebSocket } from "./reports/websocket-words.ts";
export { mixProblem } from "./rule-file/file-schema.ts";
export { type FilePosition, type ValuePath, writePath } from "./rule-file/locate.ts";
export { type OpenedYaml, openYaml, type YamlProblem } from "./rule-file/open-yaml.ts";
export { type RuleUnit, ruleUnit } from "./rules/compile-rule.ts";
export { asksForWebSocket, requestProvider } from "./rules/facts.ts";
export { matchTable } from "./rules/match-keys.ts";
export { createWebSocketMachine } from "./websocket/create-websocket-machine.ts";
export {
  type WebSocketAction,
  type WebSocketContext,
  type WebSocketMachine,
  webSocketLimits,
} from "./websocket/websocket-machine.ts";
export { writeCount, writeCountIs, writeTimes } from "./write-count.ts";
