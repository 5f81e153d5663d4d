import { isJsonObject, type JsonObject, jsonObjects } from "../json-value.ts";
import { type ChangedAnswer, changed, SAME } from "./provider-profile.ts";

/** A chat's answer whose message calls tools with other arguments, as APIs have it that say `message.tool_calls[].function`. */
export function garbledCalls(json: JsonObject, args: unknown): ChangedAnswer {
  const message = json["message"];
  if (!isJsonObject(message) || !Array.isArray(message["tool_calls"])) return SAME;
  const tool_calls = jsonObjects(message["tool_calls"]).map((call) =>
    isJsonObject(call["function"]) ? { ...call, function: { ...call["function"], arguments: args } } : call,
  );
  return changed({ ...json, message: { ...message, tool_calls } });
}
