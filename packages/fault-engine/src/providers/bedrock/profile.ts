import type { Header, HttpResponse } from "@faultwire/http1";
import { isJsonObject, type JsonObject, jsonObjects } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import {
  type AnswerChange,
  type ChangedAnswer,
  changed,
  type ErrorOptions,
  type ErrorPreset,
  type EventRole,
  type ProviderProfile,
  SAME,
} from "../provider-profile.ts";
import { bedrockRequests } from "./requests.ts";

/** Named as the header `x-amzn-errortype` names them. */
const ERRORS: readonly ErrorPreset[] = [
  { name: "ValidationException", status: 400, message: "The input fails a constraint of the service." },
  { name: "ServiceQuotaExceededException", status: 400, message: "Your request exceeds the service quota." },
  { name: "AccessDeniedException", status: 403, message: "You have no access to this model." },
  { name: "ResourceNotFoundException", status: 404, message: "The model was not found." },
  { name: "ModelTimeoutException", status: 408, message: "The model took too long to answer." },
  { name: "ModelErrorException", status: 424, message: "The model failed at this request." },
  {
    name: "ThrottlingException",
    status: 429,
    message: "Too many requests, please wait before trying again.",
  },
  { name: "ModelNotReadyException", status: 429, message: "The model is not ready to serve requests." },
  { name: "InternalServerException", status: 500, message: "An internal server error occurred." },
  {
    name: "ServiceUnavailableException",
    status: 503,
    message: "The service is not available at the moment.",
  },
];

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const body = utf8(JSON.stringify({ message: options.message ?? preset.message }));
  const own: readonly Header[] = [
    ["x-amzn-requestid", options.requestId],
    ["x-amzn-errortype", preset.name],
  ];
  const headers = errorHeaders("application/json", body, own, options.retryAfterSeconds);
  return { status: preset.status, headers, body };
}

/** The events of `converse-stream`. Those of `invoke-with-response-stream` are the model's own. */
const EVENTS: readonly string[] = [
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "contentBlockStop",
  "messageStop",
  "metadata",
];

function eventRole(type: string): EventRole | undefined {
  if (type.endsWith("Exception")) return { type, isDelta: false, isLast: false };
  if (!EVENTS.includes(type)) return undefined;
  return { type, isDelta: type === "contentBlockDelta", isLast: type === "metadata" };
}

/** Events of `converse-stream` say by their frames of what type they are; here they are told by their members. */
function changeAnswer(json: JsonObject, change: AnswerChange): ChangedAnswer | undefined {
  if (typeof json["contentBlockIndex"] === "number") return changeBlock(json, change);
  if (typeof json["stopReason"] !== "string") return undefined;
  const { fault } = change;
  if (fault.kind === "model.stop-reason") return changed({ ...json, stopReason: fault.reason });
  return isJsonObject(json["output"]) ? changeOutput(json, json["output"], change) : SAME;
}

function changeOutput(json: JsonObject, output: JsonObject, { fault, garbled }: AnswerChange): ChangedAnswer {
  const message = output["message"];
  if (!isJsonObject(message)) return SAME;
  const withContent = (content: readonly JsonObject[]): ChangedAnswer =>
    changed({ ...json, output: { ...output, message: { ...message, content } } });
  if (fault.kind === "model.empty-content") return withContent([]);
  const content = jsonObjects(message["content"]);
  if (fault.kind !== "model.garble-tool-input" || !content.some(({ toolUse }) => isJsonObject(toolUse)))
    return SAME;
  return withContent(
    content.map((block) =>
      isJsonObject(block["toolUse"]) ? { ...block, toolUse: { ...block["toolUse"], input: garbled } } : block,
    ),
  );
}

function changeBlock(json: JsonObject, { fault, garbledText }: AnswerChange): ChangedAnswer {
  if (fault.kind === "model.empty-content") return { kind: "dropped" };
  const delta = json["delta"];
  const toolUse = isJsonObject(delta) ? delta["toolUse"] : undefined;
  if (fault.kind !== "model.garble-tool-input" || !isJsonObject(delta) || !isJsonObject(toolUse)) return SAME;
  const input = garbledText(String(json["contentBlockIndex"]));
  return changed({ ...json, delta: { ...delta, toolUse: { ...toolUse, input } } });
}

const HEX = "0123456789abcdef";

/** Amazon Bedrock's runtime: `invoke` and `converse`, each with its stream. */
export const bedrock: ProviderProfile = {
  title: "Bedrock",
  // Requests are signed together with their host, so that no other host can stand in for it.
  baseUrl: null,
  ...bedrockRequests,
  errors: ERRORS,
  error,
  requestId: (letters) => [8, 4, 4, 4, 12].map((count) => letters(count, HEX)).join("-"),
  rateLimitHeaders: () => [],
  goodAnswer: (_requestId, text) => ({
    output: { message: { role: "assistant", content: [{ text }] } },
    stopReason: "end_turn",
    usage: { inputTokens: 1, outputTokens: 8, totalTokens: 9 },
  }),
  usage: [{ path: ["usage"], input: "inputTokens", output: "outputTokens" }],
  changeAnswer,
  wholePaths: /\/(?:invoke|converse)$/,
  formats: ["aws-event-stream"],
  toolInputs: [{ path: ["delta", "toolUse", "input"] }],
  eventRole: ({ type }) => eventRole(type),
  errorEvent: ({ message }) => ({ name: "internalServerException", data: JSON.stringify({ message }) }),
  ping: null,
};
