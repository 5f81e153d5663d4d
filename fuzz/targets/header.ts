/** The header `x-faultwire`: whatever stands in it is a fault, or an answer that says what is wrong. */
import { type Fault, FaultEngineError, faultResponse, readHeaderFault } from "@faultwire/fault-engine";
import { describeFault } from "@faultwire/fault-engine/internal";
import { encodeResponse, ResponseReader } from "@faultwire/http1";
import { caught, holds, same, seed, type Target } from "../contract/target.ts";

export const target: Target = {
  maxBytes: 300,
  maxSteps: 1_000_000,
  words: [
    "{http: {status: 503}}",
    "&a ",
    "*a",
    "!!binary ",
    "!<",
    "{",
    "}",
    "[",
    "]",
    "anthropic/",
    "none",
    "null",
    "---",
    "...",
    "? ",
    ": ",
    "'",
    '"',
    "<<",
  ],
  seeds: () =>
    [
      "none",
      "anthropic/overloaded_error",
      '{"http":{"status":503}}',
      "{http: {status: 503, body: x}}",
      "{stream: {cut: {afterEvents: 2}}}",
      "{connection: {latency: 50ms}}",
      "&a [*a]",
      "{tls: {alert: internal_error}}",
    ].map((text) => seed(text.charCodeAt(0), text.slice(1))),
  run(input) {
    const text = Buffer.from(input).toString("latin1");
    const outcome = caught(FaultEngineError, () => readHeaderFault(text));
    holds("value" in outcome, "a header is never thrown over");
    const fault: Fault | null = outcome.value;
    if (fault === null) {
      // HTTP takes blanks around a value away before anybody reads it.
      holds(text.trim() === "none", `null is for none alone, not for ${JSON.stringify(text)}`);
      return;
    }
    same(readHeaderFault(text), fault, "the same header, the same fault");
    holds(!/undefined|NaN/.test(describeFault(fault)), "a fault has words");
    if (fault.kind !== "http.error") return;
    const bytes = encodeResponse(faultResponse(fault.answer, { requestId: "r", nowMs: 0, marker: "m" }), {
      method: "POST",
    });
    const reader = new ResponseReader();
    reader.expect("POST");
    const kinds = reader.push(bytes).map(({ kind }) => kind);
    holds(kinds[0] === "head" && kinds.at(-1) === "end", `an answer is a whole response: ${kinds.join()}`);
  },
};
