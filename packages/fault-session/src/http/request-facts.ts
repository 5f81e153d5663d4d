/** What the policy is told of a request. */
import type { ConnectionFacts, RequestFacts } from "@faultwire/fault-engine";
import type { RequestHead } from "@faultwire/http1";

/** Each member, there or not. A member that is missing here does not compile. */
type Whole = { [Name in keyof Required<RequestFacts>]: RequestFacts[Name] | undefined };

/**
 * The facts of a request on a connection. `host`: whom the request itself names. `body`: see {@link RequestFacts}.
 *
 * Written out member by member: this is made for each request, and a spread takes longer than most decisions.
 */
export function requestFacts(
  { connection, client, way, port, sni, alpn, ja4 }: ConnectionFacts,
  host: string,
  { method, target, headers }: Pick<RequestHead, "method" | "target" | "headers">,
  body: Uint8Array | null | undefined,
): RequestFacts {
  const facts = { connection, client, way, host, port, sni, alpn, ja4, method, target, headers, body };
  return facts satisfies Whole as RequestFacts;
}
