import { isJsonObject, type JsonObject, jsonObjects } from "../json-value.ts";
import { type ChangedAnswer, changed, SAME } from "./provider-profile.ts";

/** Gives the tool calls of an answer other arguments. It is for APIs whose answers have `message.tool_calls[].function`. */
export function garbledCalls(json: JsonObject, args: unknown): ChangedAnswer {
  const message = json["message"];
  if (!isJsonObject(message) || !Array.isArray(message["tool_calls"])) return SAME;
  const tool_calls = jsonObjects(message["tool_calls"]).map((call) =>
    isJsonObject(call["function"]) ? { ...call, function: { ...call["function"], arguments: args } } : call,
  );
  return changed({ ...json, message: { ...message, tool_calls } });
}
