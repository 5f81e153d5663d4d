import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { requestId } from "@faultwire/fault-engine";
import { anthropicErrorBody } from "@faultwire/fault-engine/internal";
import { pause } from "@faultwire/timers";
import { type AnswerSettings, type ApiAnswer, answerTo } from "./answer.ts";
import { apiError } from "./api-error.ts";
import { derivedId } from "./derived-id.ts";
import type { LlmMockLimits } from "./limits.ts";
import { RateLimitMeter } from "./rate-limit-meter.ts";
import { type BodyResult, readBody } from "./read-body.ts";
import { type LoggedRequest, type OpenEntry, openEntry } from "./request-log.ts";

/** What serving takes: settings with their defaults filled in. */
export interface ServeSettings extends AnswerSettings {
  readonly limits: LlmMockLimits;
  /** Filled, oldest first. */
  readonly requests: LoggedRequest[];
  readonly eventDelayMs: number;
  readonly now: () => number;
  readonly log: ((request: LoggedRequest) => void) | undefined;
}

/** A listener that answers a Node server's requests as the API does. */
export function serveRequests(settings: ServeSettings): RequestListener {
  const { seed, now, limits, requests } = settings;
  const organization = uuidOf(derivedId("org", seed));
  const meter = new RateLimitMeter();
  let count = 0;
  return (request, response) => {
    const timeMs = now();
    const entry = openEntry(requestId("anthropic", seed, count++), timeMs, request);
    requests.push(entry);
    if (requests.length > limits.maxLoggedRequests) requests.shift();
    response.once("close", () => {
      entry.outcome = response.writableFinished ? "answered" : "aborted";
      settings.log?.(entry);
    });
    response.sendDate = false;
    response.setHeader("date", new Date(timeMs).toUTCString());
    response.setHeader("request-id", entry.requestId);
    response.setHeader("anthropic-organization-id", organization);
    serve(request, response, entry, settings, meter).catch(() => response.destroy());
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  entry: OpenEntry,
  settings: ServeSettings,
  meter: RateLimitMeter,
): Promise<void> {
  const body = await readBody(request, settings.limits, (bytes) => {
    entry.bodyBytes = bytes;
  });
  if (body.kind === "aborted") return;
  const { answer, allow } = answerSafely(request, body, settings);
  if (allow) response.setHeader("allow", allow);
  if (body.kind === "too-large" && !body.drained) response.setHeader("connection", "close");
  if ("usage" in answer && answer.usage) {
    const { inputTokens, outputTokens } = answer.usage;
    const headers = meter.count(entry.timeMs, inputTokens, outputTokens);
    for (const [name, value] of headers) response.setHeader(name, value);
  }
  if ("model" in answer) entry.model = answer.model;
  entry.status = answer.kind === "error" ? answer.status : 200;
  switch (answer.kind) {
    case "error":
      return sendJson(
        response,
        answer.status,
        anthropicErrorBody(answer.type, answer.message, entry.requestId),
      );
    case "json":
      return sendJson(response, 200, answer.body);
    case "events":
      entry.stream = true;
      return sendEvents(response, answer.events, settings.eventDelayMs);
    default:
      return answer satisfies never;
  }
}

function answerSafely(
  request: IncomingMessage,
  body: Exclude<BodyResult, { kind: "aborted" }>,
  settings: ServeSettings,
): { answer: ApiAnswer; allow?: string } {
  if (body.kind === "too-large")
    return { answer: apiError(413, "request_too_large", "Request exceeds the maximum size") };
  const { method = "", url = "", headers } = request;
  try {
    return answerTo({ method, path: url, headers, body: body.bytes }, settings);
  } catch {
    // A `reply` that throws, or a body that nests too deep to be written down again.
    return { answer: apiError(500, "api_error", "Internal server error") };
  }
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

async function sendEvents(
  response: ServerResponse,
  events: readonly string[],
  delayMs: number,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { signal } = gone;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
  });
  try {
    for (const [index, event] of events.entries()) {
      if (index > 0 && delayMs > 0) await pause(delayMs, signal);
      if (!response.write(event)) await once(response, "drain", { signal });
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  response.end();
}

/** A UUID's form for characters that have been derived already. */
function uuidOf(id: string): string {
  const hex = Buffer.from(id).toString("hex").slice(-32);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join("-");
}
