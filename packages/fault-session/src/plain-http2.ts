/** HTTP/2 in clear with prior knowledge (RFC 9113 section 3.3). */
import { CONNECTION_PREFACE } from "@faultwire/http2";
import { ClearPart } from "./clear-part.ts";
import { exchangesInClear } from "./exchange-options.ts";
import { Http2Exchanges } from "./http2/http2-exchanges.ts";
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
    // Nobody hears HTTP/2, which is for the one who listens to tell.
    const introduce: typeof options.introduce = (head) => {
      const facts = options.introduce(head);
      if (facts) context.tap?.({ scheme: "http", host: facts.host ?? "", protocol: "h2" });
      return facts;
    };
    super(
      context,
      new Http2Exchanges({ ...options, introduce, ...(http2Alias ? { alias: http2Alias } : {}) }),
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
