/** OpenAI's Responses API: its errors in mid-stream, and what model faults make of its answers. */
import { isJsonObject, type JsonObject, jsonMember, jsonObjects } from "../../json-value.ts";
import {
  type AnswerChange,
  type ChangedAnswer,
  changed,
  type EventText,
  SAME,
  type StreamFailure,
} from "../provider-profile.ts";

/** Whether a stream is one of the Responses API: its events count themselves, and its path says so. */
export function isResponsesStream({ last, path }: StreamFailure): boolean {
  return typeof jsonMember(last, "sequence_number") === "number" || /\/responses(?:\/|$)/.test(path);
}

/** An `error` event whose number goes on, or, by that name, `response.failed` with the response as it was so far. */
export function responsesError(failure: StreamFailure): EventText {
  const { type, message, errorCode, name, first, last, requestId } = failure;
  const before = jsonMember(last, "sequence_number");
  const sequence_number = typeof before === "number" ? before + 1 : 0;
  const code = errorCode ?? type;
  if (name !== "response.failed") {
    const data = { type: "error", code, message, param: null, sequence_number };
    return { name: "error", data: JSON.stringify(data) };
  }
  const begun = jsonMember(first, "response");
  const known = isJsonObject(begun)
    ? begun
    : { id: requestId.replace(/^req_/, "resp_"), object: "response", output: [] };
  const response = { ...known, status: "failed", error: { code, message } };
  return { name, data: JSON.stringify({ type: name, sequence_number, response }) };
}

/** Events that open, fill and close parts of an answer. */
const CONTENT =
  /^response\.(?:output_item|content_part|output_text|refusal|function_call_arguments|reasoning)/;

/** Whether JSON is a response, or an event of its stream. */
export function isOfResponses(json: JsonObject): boolean {
  const { type, object } = json;
  return object === "response" || (typeof type === "string" && type.startsWith("response."));
}

/** Changes a response, or an event. */
export function changeResponse(json: JsonObject, change: AnswerChange): ChangedAnswer {
  const { fault } = change;
  const { type } = json;
  if (typeof type !== "string") {
    const response = changedWhole(json, change);
    return response === json ? SAME : changed(response);
  }
  if (fault.kind === "model.empty-content" && CONTENT.test(type)) return { kind: "dropped" };
  if (fault.kind === "model.garble-tool-input" && CONTENT.test(type)) return garbled(json, change);
  if (!isJsonObject(json["response"]) || !/^response\.(?:completed|incomplete)$/.test(type)) return SAME;
  const response = changedWhole(json["response"], change);
  if (response === json["response"]) return SAME;
  const isStopped = fault.kind === "model.stop-reason";
  return changed({ ...json, ...(isStopped && { type: "response.incomplete" }), response });
}

/** The response object itself, in one piece or at the end of a stream; the same object where nothing is changed. */
function changedWhole(response: JsonObject, { fault, wholeGarbledText }: AnswerChange): JsonObject {
  switch (fault.kind) {
    case "model.stop-reason":
      return { ...response, status: "incomplete", incomplete_details: { reason: fault.reason } };
    case "model.empty-content":
      return { ...response, output: [] };
    case "model.garble-tool-input": {
      const output = jsonObjects(response["output"]);
      if (!output.some(isCall)) return response;
      const calls = output.map((item) => (isCall(item) ? { ...item, arguments: wholeGarbledText } : item));
      return { ...response, output: calls };
    }
    case "model.fallback":
      return response;
    default:
      return fault satisfies never;
  }
}

const isCall = ({ type }: JsonObject): boolean => type === "function_call";

/** The pieces of a tool's input, and the events that repeat all of it. */
function garbled(json: JsonObject, { garbledText, wholeGarbledText }: AnswerChange): ChangedAnswer {
  const { type, item } = json;
  if (type === "response.function_call_arguments.delta")
    return changed({
      ...json,
      delta: garbledText(JSON.stringify(json["item_id"] ?? json["output_index"] ?? null)),
    });
  if (type === "response.function_call_arguments.done")
    return changed({ ...json, arguments: wholeGarbledText });
  if (type === "response.output_item.done" && isJsonObject(item) && isCall(item))
    return changed({ ...json, item: { ...item, arguments: wholeGarbledText } });
  return SAME;
}
