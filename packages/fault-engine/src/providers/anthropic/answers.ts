/** What model faults make of answers of Anthropic's Messages API, whole ones and the events of a stream. */
import { isJsonObject, type JsonObject, jsonObjects } from "../../json-value.ts";
import { type AnswerChange, type ChangedAnswer, changed, type EventText, SAME } from "../provider-profile.ts";

/** Changes a message, or an event; `undefined` for what is neither. */
export function changeAnswer(json: JsonObject, change: AnswerChange): ChangedAnswer | undefined {
  switch (json["type"]) {
    case "message":
      return changeMessage(json, change);
    case "message_delta":
      return changeDelta(json, change);
    case "content_block_start":
    case "content_block_delta":
    case "content_block_stop":
      return changeBlock(json, change);
    default:
      return undefined;
  }
}

type StopReason = Extract<AnswerChange["fault"], { readonly kind: "model.stop-reason" }>;
type Fallback = Extract<AnswerChange["fault"], { readonly kind: "model.fallback" }>;

/** A refusal says more, in `stop_details`; of any other reason there are no details. */
function withStopReason(json: JsonObject, { reason, details }: StopReason): JsonObject {
  const { category = null, explanation = null } = details ?? {};
  const stopped = { ...json, stop_reason: reason, stop_sequence: null };
  if (reason === "refusal") return { ...stopped, stop_details: { type: "refusal", category, explanation } };
  return "stop_details" in json ? { ...stopped, stop_details: null } : stopped;
}

function changeMessage(json: JsonObject, { fault, garbled }: AnswerChange): ChangedAnswer {
  switch (fault.kind) {
    case "model.stop-reason":
      return changed(withStopReason(json, fault));
    case "model.empty-content":
      return changed({ ...json, content: [] });
    case "model.garble-tool-input": {
      const content = jsonObjects(json["content"]);
      if (!content.some(({ type }) => type === "tool_use")) return SAME;
      return changed({
        ...json,
        content: content.map((block) =>
          block["type"] === "tool_use" ? { ...block, input: garbled } : block,
        ),
      });
    }
    case "model.fallback": {
      const content = [fallbackBlock(fault), ...jsonObjects(json["content"])];
      return changed({ ...json, model: fault.to, content, usage: withIterations(json["usage"], fault) });
    }
    default:
      return fault satisfies never;
  }
}

function changeDelta(json: JsonObject, { fault }: AnswerChange): ChangedAnswer {
  if (fault.kind === "model.fallback")
    return changed({ ...json, usage: withIterations(json["usage"], fault) });
  if (fault.kind !== "model.stop-reason" || !isJsonObject(json["delta"])) return SAME;
  return changed({ ...json, delta: withStopReason(json["delta"], fault) });
}

function changeBlock(json: JsonObject, change: AnswerChange): ChangedAnswer {
  const { fault, garbledText } = change;
  if (fault.kind === "model.empty-content") return { kind: "dropped" };
  if (fault.kind === "model.fallback") return behindFallback(json, fault, change);
  const delta = json["delta"];
  if (
    fault.kind !== "model.garble-tool-input" ||
    !isJsonObject(delta) ||
    delta["type"] !== "input_json_delta"
  )
    return SAME;
  return changed({
    ...json,
    delta: { ...delta, partial_json: garbledText(JSON.stringify(json["index"] ?? null)) },
  });
}

const fallbackBlock = ({ from, to, category }: Fallback): JsonObject => ({
  type: "fallback",
  from: { model: from },
  to: { model: to },
  trigger: { type: "refusal", category },
});

const event = (json: JsonObject & { readonly type: string }): EventText => ({
  name: json.type,
  data: JSON.stringify(json),
});

/** A `fallback` block has a start and a stop, and no deltas. All blocks behind it have a number more. */
function behindFallback(json: JsonObject, fault: Fallback, { isFirst }: AnswerChange): ChangedAnswer {
  const { index } = json;
  const moved = { ...json, index: typeof index === "number" ? index + 1 : index };
  if (!isFirst("fallback")) return changed(moved);
  const block = { type: "content_block_start", index: 0, content_block: fallbackBlock(fault) };
  return {
    kind: "changed",
    json: moved,
    before: [event(block), event({ type: "content_block_stop", index: 0 })],
  };
}

/** The usage names the model that answered. */
function withIterations(usage: unknown, { to }: Fallback): JsonObject {
  const known = isJsonObject(usage) ? usage : {};
  const count = (name: string): number => (typeof known[name] === "number" ? known[name] : 0);
  const iteration = {
    type: "fallback_message",
    model: to,
    input_tokens: count("input_tokens"),
    output_tokens: count("output_tokens"),
    cache_creation_input_tokens: count("cache_creation_input_tokens"),
    cache_read_input_tokens: count("cache_read_input_tokens"),
    cache_creation: null,
  };
  return { ...known, iterations: [iteration] };
}
