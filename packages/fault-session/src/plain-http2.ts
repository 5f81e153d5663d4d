/** HTTP/2 in clear with prior knowledge (RFC 9113 section 3.3). */
import { CONNECTION_PREFACE } from "@faultwire/http2";
import { ClearPart } from "./clear-part.ts";
import { exchangesInClear, http2Exchanges } from "./exchange-options.ts";
import type { Http2Exchanges } from "./http2/http2-exchanges.ts";
import type { PartContext } from "./part.ts";

/** Whether a client begins as one of HTTP/2 does, as far as it has said anything. */
export function isPreface(prefix: Uint8Array): boolean {
  const said = prefix.subarray(0, CONNECTION_PREFACE.length);
  return said.length > 0 && said.every((byte, at) => byte === CONNECTION_PREFACE[at]);
}

export class PlainHttp2 extends ClearPart<Http2Exchanges> {
  constructor(context: PartContext) {
    const { http2Alias } = context;
    const { options, met } = exchangesInClear(context, undefined, true);
    super(
      context,
      http2Exchanges({ ...options, ...(http2Alias && { alias: http2Alias }) }, "http", context),
      met,
    );
  }

  get http2(): Http2Exchanges {
    return this.spoken;
  }

  drained(): void {
    this.spoken.flush();
    this.payEnd();
  }
}
