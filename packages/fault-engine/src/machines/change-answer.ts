import type { ModelFault } from "../faults/fault.ts";

/** What became of a piece of an answer: another one, none, or `same` where the fault does not touch it. */
export type ChangedAnswer =
  | { readonly kind: "changed"; readonly json: unknown }
  | { readonly kind: "dropped" }
  | { readonly kind: "same" };

type Json = Readonly<Record<string, unknown>>;

const SAME: ChangedAnswer = { kind: "same" };
const DROPPED: ChangedAnswer = { kind: "dropped" };
const changed = (json: unknown): ChangedAnswer => ({ kind: "changed", json });

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** What stands in place of a tool's input: sound JSON that fits no tool. */
const GARBLED = { garbled: true };
const GARBLED_TEXT: string = JSON.stringify(GARBLED);

/**
 * Changes answers of model APIs, whole ones and the pieces of streams, so that they stay well-formed. Remembers which
 * tool inputs it has already replaced, because a stream brings them in pieces.
 */
export class AnswerChanger {
  readonly #fault: ModelFault;
  readonly #garbled = new Set<string>();

  constructor(fault: ModelFault) {
    this.#fault = fault;
  }

  /** Changes one JSON value: a body, or the data of an event. */
  change(json: unknown): ChangedAnswer {
    if (!isObject(json)) return SAME;
    if (Array.isArray(json["choices"])) return this.#openai(json, objects(json["choices"]));
    if (Array.isArray(json["candidates"])) return this.#gemini(json, objects(json["candidates"]));
    switch (json["type"]) {
      case "message":
        return this.#anthropicMessage(json);
      case "message_delta":
        if (this.#fault.kind !== "model.stop-reason" || !isObject(json["delta"])) return SAME;
        return changed({
          ...json,
          delta: { ...json["delta"], stop_reason: this.#fault.reason, stop_sequence: null },
        });
      case "content_block_start":
      case "content_block_delta":
      case "content_block_stop":
        return this.#anthropicBlock(json);
      default:
        return SAME;
    }
  }

  /** The text for a piece of a tool's input: all of the replacement with the first piece, nothing with the others. */
  #garble(tool: string): string {
    if (this.#garbled.has(tool)) return "";
    this.#garbled.add(tool);
    return GARBLED_TEXT;
  }

  #anthropicMessage(json: Json): ChangedAnswer {
    const fault = this.#fault;
    switch (fault.kind) {
      case "model.stop-reason":
        return changed({ ...json, stop_reason: fault.reason, stop_sequence: null });
      case "model.empty-content":
        return changed({ ...json, content: [] });
      case "model.garble-tool-input": {
        const content = objects(json["content"]);
        if (!content.some(({ type }) => type === "tool_use")) return SAME;
        return changed({
          ...json,
          content: content.map((block) =>
            block["type"] === "tool_use" ? { ...block, input: GARBLED } : block,
          ),
        });
      }
      default:
        return fault satisfies never;
    }
  }

  #anthropicBlock(json: Json): ChangedAnswer {
    if (this.#fault.kind === "model.empty-content") return DROPPED;
    const delta = json["delta"];
    if (
      this.#fault.kind !== "model.garble-tool-input" ||
      !isObject(delta) ||
      delta["type"] !== "input_json_delta"
    )
      return SAME;
    return changed({
      ...json,
      delta: { ...delta, partial_json: this.#garble(JSON.stringify(json["index"] ?? null)) },
    });
  }

  #openai(json: Json, choices: readonly Json[]): ChangedAnswer {
    const next = choices.map((choice) => this.#openaiChoice(choice));
    return next.every((choice, at) => choice === choices[at]) ? SAME : changed({ ...json, choices: next });
  }

  #openaiChoice(choice: Json): Json {
    const fault = this.#fault;
    const part = choice["message"] === undefined ? "delta" : "message";
    const content = choice[part];
    switch (fault.kind) {
      case "model.stop-reason":
        return (choice["finish_reason"] ?? null) === null
          ? choice
          : { ...choice, finish_reason: fault.reason };
      case "model.empty-content": {
        if (!isObject(content)) return choice;
        const { tool_calls: _calls, ...rest } = content;
        return { ...choice, [part]: "content" in rest ? { ...rest, content: "" } : rest };
      }
      case "model.garble-tool-input": {
        if (!isObject(content) || !Array.isArray(content["tool_calls"])) return choice;
        const calls = objects(content["tool_calls"]).map((call, at) => {
          const called = call["function"];
          if (!isObject(called) || typeof called["arguments"] !== "string") return call;
          const tool = JSON.stringify([choice["index"], call["index"] ?? at]);
          return { ...call, function: { ...called, arguments: this.#garble(tool) } };
        });
        return { ...choice, [part]: { ...content, tool_calls: calls } };
      }
      default:
        return fault satisfies never;
    }
  }

  #gemini(json: Json, candidates: readonly Json[]): ChangedAnswer {
    const next = candidates.map((candidate) => this.#geminiCandidate(candidate));
    return next.every((candidate, at) => candidate === candidates[at])
      ? SAME
      : changed({ ...json, candidates: next });
  }

  #geminiCandidate(candidate: Json): Json {
    const fault = this.#fault;
    const content = candidate["content"];
    switch (fault.kind) {
      case "model.stop-reason":
        return candidate["finishReason"] === undefined
          ? candidate
          : { ...candidate, finishReason: fault.reason };
      case "model.empty-content":
        return isObject(content) ? { ...candidate, content: { ...content, parts: [] } } : candidate;
      case "model.garble-tool-input": {
        const parts = isObject(content) ? objects(content["parts"]) : [];
        if (!isObject(content) || !parts.some((part) => isObject(part["functionCall"]))) return candidate;
        const garbled = parts.map((part) =>
          isObject(part["functionCall"])
            ? { ...part, functionCall: { ...part["functionCall"], args: GARBLED } }
            : part,
        );
        return { ...candidate, content: { ...content, parts: garbled } };
      }
      default:
        return fault satisfies never;
    }
  }
}
