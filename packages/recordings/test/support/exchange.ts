/** An exchange to try things with. */
import { ExchangeTap, type LeftReason, type RecordedExchange, type Recording } from "../../src/index.ts";

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** The wire bytes of a response, joined. */
export const responseText = ({ response }: Recording): string =>
  "parts" in response ? response.parts.map(({ bytes }) => textOf(bytes)).join("") : "";

/** A tap on a clock that the test moves. */
export class TapRig {
  nowMs = 1000;
  readonly recorded: RecordedExchange[] = [];
  readonly left: LeftReason[] = [];
  readonly tap: ExchangeTap = new ExchangeTap({
    scheme: "https",
    host: "api.test",
    now: () => this.nowMs,
    wallNow: () => Date.UTC(2026, 10, 29) + this.nowMs,
    recorded: (exchange) => this.recorded.push(exchange),
    left: (reason) => this.left.push(reason),
  });

  asks(text: string): void {
    this.tap.toUpstream(bytesOf(text));
  }

  says(text: string): void {
    this.tap.fromUpstream(bytesOf(text));
  }
}

export const question =
  'POST /v1/messages?beta=1 HTTP/1.1\r\nHost: API.test:443\r\nX-Api-Key: sk-ant-api03-abcdefgh\r\nContent-Length: 13\r\n\r\n{"model":"m"}';
export const head =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/** A recorded exchange: `body` to `target`, and a response that came in two parts. */
export function exchange(body: string, answer: string, target = "/v1/messages"): RecordedExchange {
  const length = Buffer.byteLength(answer, "latin1");
  return {
    recordedAt: "2026-11-29T00:00:00.000Z",
    request: {
      ...{ scheme: "http", host: "api.test", method: "POST", target },
      headers: [["Host", "api.test"]],
      body: bytesOf(body),
    },
    response: {
      parts: [
        { atMs: 20, bytes: bytesOf(`HTTP/1.1 200 OK\r\nCONTENT-length: ${length}\r\n\r\n`) },
        { atMs: 45, bytes: bytesOf(answer) },
      ],
      end: "open",
    },
  };
}
