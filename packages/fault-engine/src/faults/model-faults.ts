import { always, type FaultRows } from "./fault-row.ts";

/** A well-formed answer that code has to handle. */
export type ModelFault =
  | {
      readonly kind: "model.stop-reason";
      /** The stop reason that the answer states, as its API writes it. */
      readonly reason: string;
    }
  | { readonly kind: "model.empty-content" }
  | { readonly kind: "model.garble-tool-input" };

/** The rows of the model layer, in the order of the documentation. */
export const modelRows: FaultRows<ModelFault> = {
  "model.stop-reason": {
    example: "{ model: { stopReason: max_tokens } }",
    doc: "a well-formed answer with another stop reason",
    describe: (fault) => `the answer ends with the stop reason ${fault.reason}`,
    changesLength: always,
  },
  "model.empty-content": {
    example: "{ model: { emptyContent: true } }",
    doc: "an answer that says nothing",
    describe: () => "the answer has no content",
    changesLength: always,
  },
  "model.garble-tool-input": {
    example: "{ model: { garbleToolInput: true } }",
    doc: "a tool call whose input fits no tool",
    describe: () => "the input of tool calls is garbled",
    changesLength: always,
  },
};
