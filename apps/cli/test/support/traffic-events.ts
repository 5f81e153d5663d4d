/** Events of traffic, as short as a test wants them. */
import type { EngineEvent, RequestEvent } from "@faultwire/fault-engine";

/** A request of `app/1` for Anthropic's messages. */
export function requestEvent(request: string, atMs: number, more: Partial<RequestEvent> = {}): RequestEvent {
  return {
    type: "request",
    atMs,
    request,
    connection: "c#1",
    client: "c",
    userAgent: "app/1",
    host: "api.anthropic.com",
    method: "POST",
    path: "/v1/messages",
    fingerprint: "f",
    model: "claude-sonnet-5-5",
    stream: false,
    ...more,
  };
}

/** The head of a response. */
export function responseEvent(request: string, atMs: number, status: number): EngineEvent {
  return { type: "response", atMs, request, status, injected: false, retryAfterMs: null };
}

/** The end of an exchange. */
export function endEvent(
  request: string,
  atMs: number,
  how: Extract<EngineEvent, { type: "end" }>["how"] = "complete",
  events?: number,
): EngineEvent {
  return { type: "end", atMs, request, how, ...(events !== undefined && { events }) };
}

/** A fault that was carried out. */
export function doneEvent(
  request: string | null,
  rule: string,
  fault: Extract<EngineEvent, { type: "done" }>["fault"] = "http.error",
): EngineEvent {
  return { type: "done", atMs: 0, request, connection: "c#1", rule, fault };
}

/** A fault that was not. */
export function undoneEvent(request: string | null, rule: string, reason: string): EngineEvent {
  return { type: "undone", atMs: 0, request, connection: "c#1", rule, fault: "stream.cut", reason };
}
