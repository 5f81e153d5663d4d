/** A budget of tokens: what is told of the requests that it lets pass, and what their responses are charged with. */
import type { EngineEvent, Fault } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import { FaultDesk } from "../../src/index.ts";
import { HttpExchanges } from "../../src/internal.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
// 4 bytes count as one token: this asks for 25 of them.
const body = `{"model":"m","pad":"${"x".repeat(78)}"}`;
const request = ascii(
  `POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);
const answer = (used: string): Uint8Array =>
  ascii(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${used.length}\r\n\r\n${used}`);

/** A connection whose requests all share one budget. */
function withBudget(inputTokensPerMinute: number) {
  const fault: Fault = {
    kind: "http.rate-limit",
    provider: "anthropic",
    per: "all",
    budget: { requestsPerMinute: null, inputTokensPerMinute, outputTokensPerMinute: null },
  };
  const events: EngineEvent[] = [];
  const sent: string[] = [];
  const numbers = { matchNumber: 1, hitNumber: 1 };
  const exchanges = new HttpExchanges({
    policy: {
      isTarget: () => true,
      connection: ({ host }) => ({ facts: { connection: "c", client: "c", host }, decision: null }),
      request: () => ({
        kind: "fault",
        decision: { rule: "r", source: "file", fault, ...numbers, random: () => 0, marker: null },
      }),
      record: (event) => events.push(event),
    },
    desk: new FaultDesk(() => 0),
    introduce: () => ({ connection: "c", client: "c", host: "api.test" }),
    unread: () => {},
    now: () => 0,
    port: {
      toClient: (bytes) => sent.push(new TextDecoder().decode(bytes)),
      toServer: () => {},
      endClient: () => {},
      hold: () => {},
      whenGone: (_, told) => told(true),
    },
  });
  return { exchanges, events, sent };
}

it("a request within its budget is no hit; a refused one is", () => {
  const { exchanges, events, sent } = withBudget(30);
  exchanges.fromClient(request);
  exchanges.fromServer(answer('{"usage":{"input_tokens":25,"output_tokens":1}}'));
  exchanges.fromClient(request);
  expect(sent.join("")).toMatch(/^HTTP\/1\.1 200 .*HTTP\/1\.1 429 /s);
  expect(events.map(({ type }) => type)).toEqual([
    ...["request", "response", "end"],
    ...["decision", "request", "response", "done", "end"],
  ]);
});

it("a response that does not say what was read leaves the estimate as it is", () => {
  const { exchanges, sent } = withBudget(30);
  exchanges.fromClient(request);
  exchanges.fromServer(answer('{"usage":{"output_tokens":1}}'));
  exchanges.fromClient(request);
  expect(sent.join("")).toMatch(/HTTP\/1\.1 429 /);
});
