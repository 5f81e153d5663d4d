/**
 * Forward mode: whole requests and responses, answered so that every quirk of the host is met
 * (docs/fault-host.md, "Forward mode").
 */
import { create } from "@bufbuild/protobuf";
import {
  abortRequest,
  continueRequest,
  continueResponse,
  FaultProtocolError,
  type HttpRequest,
  type HttpResponse,
  type ProcessHttpRequestResponse,
  ProcessHttpRequestResponse_Action,
  ProcessHttpRequestResponseSchema,
  type ProcessHttpResponseResponse,
  ProcessHttpResponseResponse_Action,
  ProcessHttpResponseResponseSchema,
} from "@faultwire/fault-protocol";
import { hostOfAuthority, type TunnelPolicy } from "@faultwire/tunnel";

/** What was done with a request, for the log. */
export interface ForwardOutcome {
  readonly host: string;
  readonly method: string;
  readonly target: boolean;
  readonly injectedStatus: number | undefined;
}

/**
 * Decides about one request. `CONTINUE` always carries the request back with the query cut from its path: the
 * host sets its URL's path to what it is given, query and all, and keeps the query besides.
 */
export function answerHttpRequest(
  request: HttpRequest,
  policy: TunnelPolicy,
): { readonly response: ProcessHttpRequestResponse; readonly outcome: ForwardOutcome } {
  const host = hostOf(request);
  const target = policy.isTarget(host);
  const fault = target
    ? policy.request({
        host,
        method: request.method,
        target: request.path,
        headers: request.headers.map(({ name, value }) => [name, value] as const),
      })
    : undefined;
  const outcome = { host, method: request.method, target, injectedStatus: fault?.status };
  if (fault) {
    const headers = fault.headers.map(([name, value]) => ({ name, value }));
    return { response: abortRequest({ statusCode: fault.status, headers, body: fault.body }), outcome };
  }
  return {
    response: unlessRefused(
      () => continueRequest(request),
      () => create(ProcessHttpRequestResponseSchema, { action: ProcessHttpRequestResponse_Action.CONTINUE }),
    ),
    outcome,
  };
}

/** Lets a response through; the host needs a content-length in it, or it dies. */
export function answerHttpResponse(response: HttpResponse): ProcessHttpResponseResponse {
  return unlessRefused(
    () => continueResponse(response),
    () => create(ProcessHttpResponseResponseSchema, { action: ProcessHttpResponseResponse_Action.CONTINUE }),
  );
}

/**
 * What can't be sent back (too large for the host to take, a header that it would die of) goes on as the host's own
 * copy: the body is right then, and what suffers is a query string (its `?` becomes `%3F`) or a response without
 * content-length. An error would be worse: on a response it kills the host's process.
 */
function unlessRefused<T>(answer: () => T, bare: () => T): T {
  try {
    return answer();
  } catch (error) {
    if (error instanceof FaultProtocolError) return bare();
    throw error;
  }
}

function hostOf(request: HttpRequest): string {
  const value = request.headers.find(({ name }) => name.toLowerCase() === "host")?.value ?? "";
  return hostOfAuthority(value);
}
