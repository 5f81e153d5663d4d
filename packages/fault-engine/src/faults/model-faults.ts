import type { FaultRows } from "./fault-row.ts";

/** A well-formed answer that code has to handle. */
export type ModelFault =
  | {
      readonly kind: "model.stop-reason";
      /** The stop reason that the answer states, as its API writes it. */
      readonly reason: string;
      /** What an API says besides of a refusal; nothing of its own where it is left out. */
      readonly details?: StopDetails;
    }
  | { readonly kind: "model.empty-content" }
  | { readonly kind: "model.garble-tool-input" }
  /** Another model took over: Anthropic's `fallback` block before the answer. */
  | {
      readonly kind: "model.fallback";
      /** The model that refused. */
      readonly from: string;
      /** The model that answered. */
      readonly to: string;
      /** The category of the refusal that brought it about. */
      readonly category: string | null;
    };

/** Anthropic's `stop_details` of a refusal. */
export interface StopDetails {
  /** The policy that was touched; `null` for none by name. */
  readonly category: string | null;
  /** For people; `null` for none. */
  readonly explanation: string | null;
}

/** The rows of the model layer, in the order of the documentation. */
export const modelRows: FaultRows<ModelFault> = {
  "model.stop-reason": {
    example: "{ model: { stopReason: max_tokens } }",
    doc: "a well-formed answer with another stop reason; `{ reason: refusal, category: cyber, explanation: no }` for Anthropic's `stop_details`",
    describe: ({ reason, details }) =>
      `the answer ends with the stop reason ${reason}${details?.category == null ? "" : ` (${details.category})`}`,
  },
  "model.empty-content": {
    example: "{ model: { emptyContent: true } }",
    doc: "an answer that says nothing",
    describe: () => "the answer has no content",
  },
  "model.garble-tool-input": {
    example: "{ model: { garbleToolInput: true } }",
    doc: "a tool call whose input fits no tool",
    describe: () => "the input of tool calls is garbled",
  },
  "model.fallback": {
    example: "{ model: { fallback: { from: claude-opus-5, to: claude-sonnet-5, category: cyber } } }",
    doc: "an answer that another model took over: Anthropic's `fallback` block before the first one, and its usage",
    describe: ({ from, to }) => `the answer says that ${to} took over from ${from}`,
  },
};
