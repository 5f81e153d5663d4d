import { type Frame, typedEvent } from "../api.ts";
import { tokensOf } from "../model/token-count.ts";
import type { OutputItem, OutputPart, ResponseObject } from "./responses.ts";

/**
 * A response as the provider streams it: `response.created`, `response.in_progress`, each item with its parts and deltas,
 * `response.completed` or `response.incomplete`. All count on in `sequence_number`. There is no `[DONE]`.
 */
export function responseEvents(response: ResponseObject): readonly Frame[] {
  const frames: Frame[] = [];
  const send: Send = (type, fields, tokens = 0) => {
    frames.push(typedEvent({ type, sequence_number: frames.length, ...fields }, tokens));
  };
  const begun = {
    ...response,
    status: "in_progress",
    completed_at: null,
    incomplete_details: null,
    output: [],
    usage: null,
  };
  send("response.created", { response: begun });
  send("response.in_progress", { response: begun });
  for (const [index, item] of response.output.entries()) sendItem(item, index, send);
  send(`response.${response.status}`, { response });
  return frames;
}

type Send = (type: string, fields: object, tokens?: number) => void;

function sendItem(item: OutputItem, index: number, send: Send): void {
  const where = { output_index: index };
  const at = { item_id: item.id, ...where };
  send("response.output_item.added", { ...where, item: beginOf(item) });
  switch (item.type) {
    case "message":
      for (const [part, content] of item.content.entries())
        sendPart(content, { ...at, content_index: part }, send);
      break;
    case "function_call":
      for (const delta of tokensOf(item.arguments))
        send("response.function_call_arguments.delta", { ...at, delta }, 1);
      send("response.function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments });
      break;
    case "reasoning":
      for (const [part, summary] of item.summary.entries())
        sendSummary(summary.text, { ...at, summary_index: part }, send);
      break;
    case "web_search_call":
      for (const state of ["in_progress", "searching", "completed"])
        send(`response.web_search_call.${state}`, at);
      break;
    default:
      item satisfies never;
  }
  send("response.output_item.done", { ...where, item });
}

function beginOf(item: OutputItem): object {
  switch (item.type) {
    case "message":
      return { ...item, status: "in_progress", content: [] };
    case "function_call":
      return { ...item, status: "in_progress", arguments: "" };
    case "reasoning":
      return { ...item, summary: [] };
    case "web_search_call":
      return { id: item.id, type: item.type, status: "in_progress", action: item.action };
    default:
      return item satisfies never;
  }
}

function sendPart(part: OutputPart, at: object, send: Send): void {
  if (part.type === "refusal") {
    const { refusal } = part;
    send("response.content_part.added", { ...at, part: { ...part, refusal: "" } });
    for (const delta of tokensOf(refusal)) send("response.refusal.delta", { ...at, delta }, 1);
    send("response.refusal.done", { ...at, refusal });
  } else {
    const { text } = part;
    send("response.content_part.added", { ...at, part: { ...part, text: "", annotations: [] } });
    for (const delta of tokensOf(text)) send("response.output_text.delta", { ...at, delta, logprobs: [] }, 1);
    for (const [index, annotation] of part.annotations.entries())
      send("response.output_text.annotation.added", { ...at, annotation_index: index, annotation });
    send("response.output_text.done", { ...at, text, logprobs: [] });
  }
  send("response.content_part.done", { ...at, part });
}

function sendSummary(text: string, at: object, send: Send): void {
  send("response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } });
  for (const delta of tokensOf(text)) send("response.reasoning_summary_text.delta", { ...at, delta }, 1);
  send("response.reasoning_summary_text.done", { ...at, text });
  send("response.reasoning_summary_part.done", { ...at, part: { type: "summary_text", text } });
}
