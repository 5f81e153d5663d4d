/** What a reset or a GOAWAY of HTTP/2 asks of a client (RFC 9113 section 8.7, RFC 9110 section 9.2.2). */
import type { RequestEvent } from "../events/event.ts";
import type { Attempt } from "./attempts.ts";
import type { Subject } from "./subject.ts";

/** Methods whose requests may be sent again whatever became of them (RFC 9110 section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

const isIdempotent = ({ method, idempotency }: RequestEvent): boolean =>
  idempotent.has(method) || idempotency !== undefined;

/**
 * What a stream that HTTP/2 ended came to; `undefined` where nothing is to be expected, `null` where another rule says what is.
 */
export function http2Subject({ request, decision, end }: Attempt): Subject | undefined | null {
  const isReset = decision?.fault === "http2.reset";
  if (!isReset && decision?.fault !== "http2.goaway") return null;
  const isBroken = end?.how === "failed" || end?.how === "cut";
  if (decision.unprocessed)
    return isBroken
      ? { group: "passes", subject: isReset ? "REFUSED_STREAM" : "a request that a GOAWAY leaves out" }
      : undefined;
  if (end?.how !== "failed") return null;
  // It asks for the same again, over HTTP/1.1.
  if (decision.code === "HTTP_1_1_REQUIRED") return undefined;
  const subject = isReset
    ? `a stream reset with ${decision.code ?? "a code"}`
    : "a connection that ends behind a GOAWAY";
  return { group: isIdempotent(request) ? "passes" : "mayBeDone", subject };
}
