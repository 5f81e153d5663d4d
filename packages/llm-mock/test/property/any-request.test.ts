import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askingMock, textIn } from "../support/ask.ts";
import { eventsIn } from "../unit/anthropic-client.ts";

const headers = { "x-api-key": "k", "anthropic-version": "2026-10-21" };
const encode = (body: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(body));
const asking = askingMock();
const ask = (body: Uint8Array) => asking("/v1/messages", body, headers).answer;

/** What is right, mostly; or anything. */
const mostly = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: right, weight: 30 }, { arbitrary: fc.jsonValue(), weight: 1 });

const text = fc.string({ unit: "binary", minLength: 1 });
const block = fc.oneof(
  fc.record({ type: fc.constant("text"), text: mostly(text) }),
  fc.record({ type: fc.constantFrom("search_result", "redacted_thinking"), content: fc.jsonValue() }),
);
const turn = fc.record({
  role: mostly(fc.constantFrom("user", "assistant", "system")),
  content: mostly(fc.oneof(text, fc.array(block, { minLength: 1 }))),
});
const schema = fc.record({ type: fc.constant("object"), properties: fc.dictionary(text, fc.jsonValue()) });
const tool = fc.record({ name: fc.constant("t"), input_schema: mostly(schema) });

/** A body that is nearly right. */
const nearlyRight = fc.record(
  {
    model: mostly(fc.constant("claude-x")),
    max_tokens: mostly(fc.integer({ min: 1, max: 50 })),
    messages: mostly(fc.array(turn, { minLength: 1 })),
    system: mostly(text),
    stream: mostly(fc.boolean()),
    stop_sequences: mostly(fc.array(text)),
    tools: mostly(fc.array(tool, { minLength: 1 })),
    tool_choice: mostly(fc.constantFrom({ type: "any" }, { type: "tool", name: "t" }, { type: "auto" })),
  },
  { requiredKeys: ["model", "max_tokens", "messages", "tools"] },
);

describe("any request", () => {
  it("of any bytes is refused with a 400", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        expect(ask(body)).toMatchObject({ kind: "error", status: 400, type: "invalid_request_error" });
      }),
    );
  });

  it("of nearly the right shape is answered or refused, and never breaks the mock", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(nearlyRight, (body) => {
        const answer = ask(encode(body));
        seen.add(answer.kind);
        if (answer.kind === "error") expect([400, 404]).toContain(answer.status);
        else if (answer.kind === "stream")
          expect(eventsIn(textIn(answer)).at(-1)?.event).toBe("message_stop");
        else expect(JSON.parse(textIn(answer))).toMatchObject({ type: "message", role: "assistant" });
      }),
      { numRuns: 500 },
    );
    expect(seen).toEqual(new Set(["error", "stream", "whole"]));
  });

  it("says the same in a stream as in one piece", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 60 }), (content, max_tokens) => {
        const body = { model: "claude-x", max_tokens, messages: [{ role: "user", content }] };
        const plain = ask(encode(body));
        const streamed = ask(encode({ ...body, stream: true }));
        const message = JSON.parse(textIn(plain));
        const events = eventsIn(textIn(streamed));
        const text = events.map(({ data }) => data.delta?.text ?? "").join("");
        expect(text).toBe(message.content[0]?.text ?? "");
        expect(events.at(-2)?.data.delta.stop_reason).toBe(message.stop_reason);
        expect(events.at(-2)?.data.usage.output_tokens).toBe(message.usage.output_tokens);
        expect(message.usage.output_tokens).toBeLessThanOrEqual(max_tokens);
      }),
    );
  });
});
