import type { IncomingHttpHeaders } from "node:http2";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import { longestWaitMs } from "@faultwire/timers";

/** A request listener of `node:http` or `node:http2`, as connect's adapter is one. */
export type CompatListener<Request extends { readonly headers: IncomingHttpHeaders }, Response> = (
  request: Request,
  response: Response,
) => void;

/**
 * Takes deadlines beyond 24.8 days (2³¹ − 1 ms) off the requests for connect's adapter: it makes one timer of a
 * deadline, and a timer can't hold more, so that the call would expire at once. Nobody waits that long.
 *
 * @example
 * const server = createServer(withoutFarDeadlines(connectNodeAdapter({ routes })));
 */
export function withoutFarDeadlines<Request extends { readonly headers: IncomingHttpHeaders }, Response>(
  listener: CompatListener<Request, Response>,
): CompatListener<Request, Response> {
  return (request, response) => {
    const { headers } = request;
    if (isFar(grpcTimeoutMs(headers["grpc-timeout"]))) delete headers["grpc-timeout"];
    if (isFar(Number(headers["connect-timeout-ms"]))) delete headers["connect-timeout-ms"];
    listener(request, response);
  };
}

const isFar = (timeoutMs: number | undefined): boolean =>
  timeoutMs !== undefined && timeoutMs > longestWaitMs;

function grpcTimeoutMs(header: string | readonly string[] | undefined): number | undefined {
  return typeof header === "string" ? parseTimeout(header, Number.MAX_SAFE_INTEGER).timeoutMs : undefined;
}
