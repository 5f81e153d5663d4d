import type { Header } from "@faultwire/http1";
import { encodeHead } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import type { Malformation } from "../faults/http-faults.ts";
import { gatewayPage } from "../providers/gateway-page.ts";
import { PROVIDERS } from "../providers/provider-table.ts";
import type { Provider } from "../providers/request-table.ts";
import { utf8 } from "../text.ts";
import type { FaultResponseContext } from "./fault-response.ts";

/** Bytes for the client, and whether the connection is to be closed behind them. */
export interface MalformedResponse {
  /** The whole message as it goes out. */
  readonly bytes: Uint8Array;
  /** Whether the connection is closed behind the bytes. */
  readonly close: boolean;
  /** The status that a client reads; `null` where its status line can't be read. */
  readonly status: number | null;
  /** Whether the message is one that a client of HTTP/1 reads to its end: only what is in it is wrong. */
  readonly isWhole: boolean;
}

/**
 * The bytes of an `http.malformed` fault: a successful answer with one thing wrong.
 *
 * - `bad-status-line`: a status line whose status is a word
 * - `bad-chunk`: chunked, with a chunk size that is not hex after the first chunk
 * - `wrong-content-length`: a content-length above what comes before the connection ends
 * - `short-content-length`: a content-length below what comes; the rest looks like the start of another response
 * - `invalid-json`: JSON that breaks off, in a body of the right length
 * - `wrong-content-type`: JSON labelled as HTML
 * - `html`: status 200 with a gateway's page
 *
 * @param context - As for `faultResponse`.
 * @example
 * ```ts
 * const { bytes, close } = malformedResponse("bad-chunk", "anthropic", { requestId: "req_1", nowMs, marker: null });
 * socket.write(bytes);
 * if (close) socket.end();
 * ```
 */
export function malformedResponse(
  how: Malformation,
  provider: Provider,
  context: FaultResponseContext,
): MalformedResponse {
  // A whole answer of the API, so that nothing but the malformation is wrong with it.
  const answer = PROVIDERS[provider].goodAnswer(context.requestId, "This answer was made by a fault.");
  const body = utf8(JSON.stringify(answer));
  const marked: Header[] = context.marker === null ? [] : [["x-faultwire", context.marker]];
  const headers = (type: string, length: number): Header[] => [
    ["content-type", type],
    ["content-length", String(length)],
    ...marked,
  ];
  const OK = "HTTP/1.1 200 OK";
  const sent = (
    line: string,
    list: readonly Header[],
    content: Uint8Array,
    close = false,
  ): MalformedResponse => ({
    bytes: joinBytes([encodeHead(line, list), content]),
    close,
    status: line === OK ? 200 : null,
    // What can't be read to its end ends with its connection.
    isWhole: !close,
  });
  switch (how) {
    case "bad-status-line":
      return sent("HTTP/1.1 OK 200", headers("application/json", body.length), body, true);
    case "bad-chunk": {
      const chunk = joinBytes([utf8(`${body.length.toString(16)}\r\n`), body, utf8("\r\nnot-hex\r\n")]);
      const list: Header[] = [
        ["content-type", "application/json"],
        ["transfer-encoding", "chunked"],
        ...marked,
      ];
      return sent(OK, list, chunk, true);
    }
    case "wrong-content-length":
      return sent(OK, headers("application/json", body.length + 100), body, true);
    case "short-content-length":
      return sent(OK, headers("application/json", body.length - 20), body, true);
    case "invalid-json": {
      const broken = body.subarray(0, body.length - 5);
      return sent(OK, headers("application/json", broken.length), broken);
    }
    case "wrong-content-type":
      return sent(OK, headers("text/html; charset=utf-8", body.length), body);
    case "html": {
      const page = gatewayPage(502, "Bad gateway", context.requestId, null);
      return sent(OK, headers("text/html; charset=UTF-8", page.body.length), page.body);
    }
    default:
      return how satisfies never;
  }
}
